"""People: which conversation goes on when a platform brings somebody under another id, or an id brings somebody else.

Why a number and the other ids differ is told in docs/decisions/0036-whatsapp-people.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, Text, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import ChatAlias, Conversation
from domain.events import EventKind, InboundEvent
from domain.ids import ChannelId, conversation_id
from domain.names import ALWAYS, Names, changes_hands, is_vacant, left, person_of, second_id, told_at

_A_SECOND = timedelta(seconds=1)
"""The platform's clock is not finer: what it told in the second of a move was told before it."""
_NAMED = select(ChatAlias.chat, ChatAlias.since, ChatAlias.original_chat).where(
    ChatAlias.channel_id == bindparam("channel"), ChatAlias.chat == func.any(bindparam("names", type_=ARRAY(Text)))
)
_HOLD = select(func.pg_advisory_xact_lock(func.hashtextextended(func.unnest(bindparam("locks", type_=ARRAY(Text))), 0)))


@dataclass(frozen=True)
class Move:
    """A chat's id, and the one that the platform gave it instead."""

    old: str
    new: str


def moves(event: InboundEvent) -> tuple[Move, ...]:
    """The move that an event tells of, as the old or the new chat sees it; none for any other event."""
    if event.kind is not EventKind.MEMBERSHIP or event.chat is None:
        return ()
    new, old = (event.details.get(name) for name in ("migrate_to", "migrate_from"))
    if isinstance(new, str):
        return (Move(event.chat, new),)
    if isinstance(old, str):
        return (Move(old, event.chat),)
    also = second_id(event)
    return (Move(event.chat, also),) if also else ()


def names_in(events: Iterable[InboundEvent]) -> set[str]:
    """Every id under which a chat goes in these events."""
    told = {name for event in events for name in (event.chat, second_id(event)) if name}
    return told | {name for event in events for move in moves(event) for name in (move.old, move.new)}


async def read(connection: AsyncConnection, channel: ChannelId, names: Iterable[str]) -> Names:
    """What is known of these names."""
    rows = await connection.execute(_NAMED, {"channel": channel, "names": list(names)})
    return Names((row.chat, row.since, row.original_chat) for row in rows)


async def whose(connection: AsyncConnection, channel: ChannelId, name: str, now: datetime) -> str:
    """The name under which the conversation began that goes on with whoever has this name now."""
    return (await read(connection, channel, [name])).owner(name, now)


async def meet(
    connection: AsyncConnection, channel: ChannelId, events: Sequence[InboundEvent], names: Names, now: datetime
) -> Names:
    """Note what these events say of who is who; what is known then.

    Whoever notes something of a name has it alone until the transaction ends, so that two calls at once agree.
    """
    new = [event for event in events if moves(event) or not names.is_settled(event, now)]
    if not new:
        return names
    told = sorted(names_in(new))
    await connection.execute(_HOLD, {"locks": [f"{channel} {name}" for name in told]})
    people = People(connection, channel, await read(connection, channel, names_in(events)))
    for event in new:
        at, person = told_at(event, now), person_of(event)
        if person and event.chat:
            await people.meet(person, event.chat, at)
        for move in moves(event):
            await people.move(move, second_id(event), at)
    return people.names


async def note_answered_as(
    connection: AsyncConnection, channel: ChannelId, chat: str, other: str, now: datetime
) -> None:
    """The platform calls a chat by another id than we do: the contact's answer comes under that one.

    Whoever is known under it already keeps the conversation that goes on there.
    """
    if other == chat:
        return
    people = People(connection, channel, await read(connection, channel, [chat, other]))
    if not people.names.knows(other) and not await people.has_begun(other):
        await people.note(other, ALWAYS, people.names.owner(chat, now), once=True)


class People:
    """The people of a channel, as a transaction learns of them."""

    def __init__(self, connection: AsyncConnection, channel: ChannelId, names: Names) -> None:
        self.names = names
        self._connection = connection
        self._channel = channel

    async def meet(self, person: str, number: str, at: datetime) -> None:
        """Somebody writes who is told by number and by the id for good."""
        if not self.names.knows(person):
            await self.note(person, ALWAYS, await self._begun_by(person, number, at))
        await self._give(number, self.names.owner(person, at), at)

    async def move(self, move: Move, also: str | None, at: datetime) -> None:
        """Somebody goes on under a new id; a number that is left stands for somebody else from then on.

        Who is known by an id that is told beside both is the one to go on, where the old one says nothing to us.
        """
        owner = self.names.owner(move.old, at)
        known = [name for name in (move.old, also) if name and await self._is_known(name, at)]
        if known:
            owner = self.names.owner(known[0], at)
        elif is_vacant(owner):
            return
        await self._give(move.old, owner, at)
        for name in (move.new, also):
            if name:
                await self._give(name, owner, at)
        if also == move.new:
            return
        await self._readdress(move, owner)
        leaves = changes_hands(move.old) and changes_hands(move.new) and not self.names.is_newer(move.old, at)
        if leaves:
            await self.note(move.old, at + _A_SECOND, left(move.old, at))

    async def note(self, name: str, since: datetime, owner: str, *, once: bool = False) -> None:
        """Write down whose a name is from then on."""
        self.names.add(name, since, owner)
        key = {"channel_id": self._channel, "chat": name, "since": since}
        made = insert(ChatAlias).values(**key, original_chat=owner)
        again = made.on_conflict_do_update(index_elements=list(key), set_={"original_chat": owner})
        await self._connection.execute(made.on_conflict_do_nothing() if once else again)

    async def has_begun(self, name: str) -> bool:
        """Whether a conversation began under this name."""
        begun = select(Conversation.id).where(Conversation.id == conversation_id(self._channel, name, None))
        return await self._connection.scalar(begun) is not None

    async def _is_known(self, name: str, at: datetime) -> bool:
        owner = self.names.owner(name, at)
        return (self.names.knows(name) and not is_vacant(owner)) or await self.has_begun(owner)

    async def _begun_by(self, person: str, number: str, at: datetime) -> str:
        """Whose conversation somebody new goes on with: the number's, unless that is another person's."""
        if await self.has_begun(person):
            return person
        owner = self.names.owner(number, at)
        return person if await self._persons(owner) else owner

    async def _persons(self, owner: str) -> list[str]:
        """The ids for good by which a conversation's contact is known."""
        named = select(ChatAlias.chat).where(ChatAlias.channel_id == self._channel, ChatAlias.original_chat == owner)
        names = [*(await self._connection.scalars(named)).all(), owner]
        return [name for name in dict.fromkeys(names) if not changes_hands(name)]

    async def _give(self, name: str, owner: str, at: datetime) -> None:
        """From then on a name is this owner's, unless somebody was heard under it later."""
        before = self.names.owner(name, at)
        if before == owner or self.names.is_newer(name, at):
            return
        heard = select(Conversation.heard_at, Conversation.id).where(
            Conversation.id == conversation_id(self._channel, before, None)
        )
        row = (await self._connection.execute(heard)).one_or_none()
        if row is None and not self.names.knows(name):
            await self.note(name, ALWAYS, owner)
        elif row is None or row.heard_at is None or row.heard_at <= at or not changes_hands(name):
            await self.note(name, at, owner)
            await self._free(name, before)

    async def _free(self, number: str, before: str) -> None:
        """Whoever had a number is answered by the id for good, where one is known."""
        persons = await self._persons(before)
        if not changes_hands(number) or not persons:
            return
        freed = update(Conversation).where(
            Conversation.id == conversation_id(self._channel, before, None), Conversation.chat == number
        )
        await self._connection.execute(freed.values(chat=persons[0]))

    async def _readdress(self, move: Move, owner: str) -> None:
        """Answers go to the new id; of a number only those of whoever left it."""
        of_chat = update(Conversation).where(Conversation.channel_id == self._channel, Conversation.chat == move.old)
        if changes_hands(move.old):
            of_chat = of_chat.where(Conversation.id == conversation_id(self._channel, owner, None))
        await self._connection.execute(of_chat.values(chat=move.new))
