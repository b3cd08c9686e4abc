"""What memberships change: groups that got a new id, and contacts that cannot be reached any more or again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import ChatAlias, Conversation
from domain.events import WAKING_KINDS, EventKind, InboundEvent
from domain.ids import ChannelId, ConversationId, conversation_id

_UNDELIVERABLE = {"blocked": "blocked", "removed": "removed", "unblocked": None, "added": None}
"""What a membership's status says of reaching the contact."""


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
    return (Move(old, event.chat),) if isinstance(old, str) else ()


async def note_moves(
    connection: AsyncConnection, channel_id: ChannelId, events: Iterable[InboundEvent], aliases: dict[str, str]
) -> dict[str, str]:
    """Have the conversations of moved chats go on under the new id; the aliases, with those that are new.

    Who is known by an id that is told beside both is the one to go on, where the old one says nothing to us.
    """
    events = list(events)
    known = await note_aliases(connection, channel_id, [event for event in events if moves(event)], aliases)
    for move in (move for event in events for move in moves(event)):
        original = known.get(move.old, move.old)
        if move.new in known or move.new == original:
            continue
        known[move.new] = original
        alias = insert(ChatAlias).values(channel_id=channel_id, chat=move.new, original_chat=original)
        await connection.execute(alias.on_conflict_do_nothing())
        of_chat = update(Conversation).where(Conversation.channel_id == channel_id, Conversation.chat == move.old)
        await connection.execute(of_chat.values(chat=move.new))
    return known


async def note_aliases(
    connection: AsyncConnection, channel_id: ChannelId, events: Iterable[InboundEvent], aliases: dict[str, str]
) -> dict[str, str]:
    """Have chats that are known by a second id go on under either; the aliases, with those that are new.

    Where a conversation began under the second id, because the first one was not told then, that is the one to go on.
    """
    known = dict(aliases)
    for chat, other in {(event.chat, other) for event in events if event.chat and (other := second_id(event))}:
        if chat in known or other in known:
            continue
        begun = select(Conversation.id).where(Conversation.id == conversation_id(channel_id, other, None))
        is_elder = await connection.scalar(begun) is not None
        alias, original = (chat, other) if is_elder else (other, known.get(chat, chat))
        known[alias] = original
        made = insert(ChatAlias).values(channel_id=channel_id, chat=alias, original_chat=original)
        await connection.execute(made.on_conflict_do_nothing())
    return known


def second_id(event: InboundEvent) -> str | None:
    """The other id under which a platform may bring events of the same chat."""
    other = event.details.get("also_known_as")
    return other if isinstance(other, str) and other != event.chat else None


async def note_reachability(
    connection: AsyncConnection, conversation: ConversationId, events: Sequence[InboundEvent]
) -> None:
    """Show whether the contact can be reached, where these events of a conversation end with a word on it.

    Who writes can be reached; whoever records the message has noted that.
    """
    for event in reversed(events):
        status = event.details.get("status")
        if event.kind in WAKING_KINDS:
            return
        if event.kind is EventKind.MEMBERSHIP and isinstance(status, str) and status in _UNDELIVERABLE:
            of_contact = update(Conversation).where(Conversation.id == conversation)
            await connection.execute(of_contact.values(undeliverable=_UNDELIVERABLE[status]))
            return


async def move_chat(connection: AsyncConnection, conversation_id: UUID, chat: str) -> None:
    """A chat got a new id on the platform: the conversation goes on under it."""
    earlier = and_(ChatAlias.channel_id == Conversation.channel_id, ChatAlias.chat == Conversation.chat)
    query = (
        select(Conversation.channel_id, func.coalesce(ChatAlias.original_chat, Conversation.chat).label("original"))
        .outerjoin(ChatAlias, earlier)
        .where(Conversation.id == conversation_id)
    )
    row = (await connection.execute(query)).one()
    alias = insert(ChatAlias).values(channel_id=row.channel_id, chat=chat, original_chat=row.original)
    await connection.execute(alias.on_conflict_do_nothing())
    await connection.execute(update(Conversation).where(Conversation.id == conversation_id).values(chat=chat))


async def mark_undeliverable(connection: AsyncConnection, conversation_id: UUID, reason: str) -> None:
    """Show operators that the contact cannot be reached."""
    await connection.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(undeliverable=reason)
    )
