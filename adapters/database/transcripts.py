"""What the model is shown: the conversation so far, and the messages that a turn answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import BigInteger, Boolean, Integer, Row, Select, Uuid, and_, bindparam, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from adapters.database import understandings
from adapters.database.channels import ChannelAccess, load
from adapters.database.prompt_records import ContactFact, Summary
from adapters.database.records import DeliveryRow, Event, Message, Turn
from adapters.database.tables import Conversation
from adapters.database.telling import COLUMNS, lines
from adapters.platforms.base import Destination
from adapters.vault import Vault
from domain.deliveries import DeliveryState
from domain.events import Attachment
from domain.files import Attached
from domain.media import media_id
from domain.tool_prompts import Tooling
from domain.transcripts import Line

_MOST_ROWS = 1000
_Sender: TypeAlias = dict[str, JsonValue] | None
_Told: TypeAlias = Row[str, str, list[JsonValue], UUID, _Sender, bool, str, str | None, JsonValue, str | None]
_SEEN_BY_CONTACT = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


_CONVERSATION = bindparam("conversation_id", type_=Uuid())
_MOST = bindparam("most", type_=Integer())


def _memory_begins_at() -> Select[int, str, list[str]]:
    enough = (
        select(Turn.id)
        .where(Turn.conversation_id == _CONVERSATION)
        .order_by(Turn.number.desc())
        .offset(_MOST)
        .limit(1)
        .scalar_subquery()
    )
    first = select(func.min(Event.seq) - 1).where(Event.turn_id == enough).scalar_subquery()
    newest = (
        select(Summary.covered_seq, Summary.text)
        .where(
            Summary.conversation_id == Conversation.id,
            Summary.covered_seq > Conversation.forgotten_seq,
            bindparam("with_summary", type_=Boolean()),
        )
        .order_by(Summary.covered_seq.desc())
        .limit(1)
        .lateral("newest_summary")
    )
    known = select(func.array_agg(aggregate_order_by(ContactFact.text, ContactFact.created_at))).where(
        ContactFact.contact_id == Conversation.contact_id
    )
    begins = func.greatest(Conversation.forgotten_seq, func.coalesce(first, 0), func.coalesce(newest.c.covered_seq, 0))
    return (
        select(begins.label("begins"), newest.c.text.label("summary"), known.scalar_subquery().label("facts"))
        .select_from(Conversation)
        .outerjoin(newest, true())
        .where(Conversation.id == _CONVERSATION)
    )


def _past_of_turn() -> Select[str, str, list[JsonValue], UUID, _Sender, bool, str, str | None, JsonValue, str | None]:
    # One row by its index: beside an OR, PostgreSQL would answer EXISTS by reading the whole ledger into a hash.
    seen = select(DeliveryRow.id).where(DeliveryRow.message_id == Message.id, DeliveryRow.state.in_(_SEEN_BY_CONTACT))
    reached = seen.limit(1).scalar_subquery()
    reply = aliased(Message)
    replied = select(func.max(reply.seq)).where(reply.turn_id == Event.turn_id).scalar_subquery()
    place = func.coalesce(replied, Message.seq)
    return (
        select(*COLUMNS)
        .outerjoin(Event, Event.id == Message.id)
        .where(
            Message.conversation_id == _CONVERSATION,
            Message.seq > bindparam("after", type_=BigInteger()),
            Message.deleted_at.is_(None),
            or_(
                and_(Message.direction == "inbound", Event.ended_at.is_not(None), Event.turn_id.is_not(None)),
                and_(Message.direction == "outbound", reached.is_not(None)),
            ),
            func.coalesce(Event.turn_id, Message.turn_id).is_distinct_from(bindparam("turn_id", type_=Uuid())),
        )
        .order_by(place.desc(), Message.direction.desc(), Message.seq.desc())
        .limit(_MOST)
    )


# Built once: every turn asks them, and building takes longer than their answers.
_MEMORY_BEGINS = _memory_begins_at()
_PAST = _past_of_turn()
_ASKED = (
    select(*COLUMNS)
    .join(Event, Event.id == Message.id)
    .where(Event.turn_id == bindparam("turn_id"))
    .order_by(Event.seq, Event.received_at, Message.seq)
)
_DESTINATION = select(Conversation.channel_id, Conversation.chat, Conversation.thread).where(
    Conversation.id == _CONVERSATION
)


_NOTHING_CALLED = Tooling()


@dataclass(frozen=True)
class TurnContext:
    """Everything that an activity needs to know of a turn's conversation."""

    access: ChannelAccess
    destination: Destination
    lines: tuple[Line, ...]
    members: int
    summary: str | None = None
    facts: tuple[str, ...] = ()
    files: tuple[Attached, ...] = ()
    tooling: Tooling = _NOTHING_CALLED
    """What was called in this turn so far."""
    is_group: bool = False
    """Whether others are in the chat than the contact and the bot."""
    answer_in: str | None = None
    """The language in which the contact is answered, where that is another than the bot's."""


async def destination(connection: AsyncConnection, conversation_id: UUID) -> tuple[UUID, Destination] | None:
    """The channel of a conversation, and where on it an answer goes."""
    row = (await connection.execute(_DESTINATION, {"conversation_id": conversation_id})).one_or_none()
    return (row.channel_id, Destination(chat=row.chat, thread=row.thread)) if row else None


async def load_context(
    connection: AsyncConnection, vault: Vault, conversation_id: UUID, turn_id: UUID, *, translated: bool = False
) -> TurnContext | None:
    """The conversation of a turn as it was said, or `translated` for the model; None when its channel is gone."""
    found = await destination(connection, conversation_id)
    access = await load(connection, vault, found[0]) if found else None
    if found is None or access is None:
        return None
    most = min(access.bot.context.messages + 1, _MOST_ROWS)
    memory = await _memory(connection, conversation_id, most, with_summary=access.bot.context.summary)
    past = await _past(connection, conversation_id, turn_id, memory.begins, most)
    asked = await _asked(connection, turn_id)
    place = found[1].model_copy(update={"heard": asked[-1].platform_message_id if asked else None})
    told: Mapping[UUID, str] = {}
    spoken, own = None, access.bot.translation.bot_language
    if translated and access.bot.translation.enabled:
        told = await understandings.told_to_model(connection, [row.id for row in (*past, *asked)])
        _, spoken = await understandings.newest_of_turn(connection, turn_id)
    said = await lines(connection, conversation_id, (*past, *asked), access.bot.name, told)
    return TurnContext(
        access, place, said, len(asked), memory.summary,
        tuple(memory.facts or ()), tuple(_files(past, asked)), is_group=any(row.is_group for row in asked),
        answer_in=spoken if spoken != own else None,
    )  # fmt: skip


def _files(
    past: Sequence[_Told],
    asked: Sequence[_Told],
) -> Iterator[Attached]:
    """The files that the contact sent, each with its place among the lines."""
    for place, row in enumerate((*past, *asked)):
        if row.direction != "inbound" or not row.attachments:
            continue
        attachments = [Attachment.model_validate(item) for item in row.attachments]
        for position, attachment in enumerate(attachments):
            if attachment.reference:
                name = media_id(row.id, position)
                yield Attached(line=place, media_id=name, attachment=attachment, is_asked=place >= len(past))


async def _memory(
    connection: AsyncConnection, conversation_id: UUID, most: int, *, with_summary: bool
) -> Row[int, str, list[str]]:
    """The number behind which the model may look, a summary of what is not behind it, and facts of the contact.

    The number is a reset's, a summary's, or that of a turn behind which there are enough: a turn answers one message
    at least, so that a long past is not read for the few that are newest.
    """
    asked = {"conversation_id": conversation_id, "most": most, "with_summary": with_summary}
    return (await connection.execute(_MEMORY_BEGINS, asked)).one()


async def _past(
    connection: AsyncConnection, conversation_id: UUID, turn_id: UUID, after: int, most: int
) -> list[_Told]:
    """The newest messages before this turn that were heard and ended, or said and seen; oldest first.

    A message stands right before the reply that it got, wherever it arrived while an earlier one was being answered.
    """
    wanted = {"conversation_id": conversation_id, "turn_id": turn_id, "after": after, "most": most}
    rows = (await connection.execute(_PAST, wanted)).all()
    return list(reversed(rows))


async def _asked(connection: AsyncConnection, turn_id: UUID) -> list[_Told]:
    return list((await connection.execute(_ASKED, {"turn_id": turn_id})).all())
