"""What the model is shown: the conversation so far, and the messages that a turn answers."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, ScalarSelect, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from adapters.database.channels import ChannelAccess, load
from adapters.database.records import DeliveryRow, Event, Message, Turn
from adapters.database.tables import Conversation
from adapters.platforms.base import Destination
from adapters.vault import Vault
from domain.deliveries import DeliveryState
from domain.events import Attachment
from domain.transcripts import Line, worded

_MOST_ROWS = 1000
_SEEN_BY_CONTACT = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


@dataclass(frozen=True)
class TurnContext:
    """Everything that an activity needs to know of a turn's conversation."""

    access: ChannelAccess
    destination: Destination
    lines: tuple[Line, ...]
    members: int


async def destination(connection: AsyncConnection, conversation_id: UUID) -> tuple[UUID, Destination] | None:
    """The channel of a conversation, and where on it an answer goes."""
    query = select(Conversation.channel_id, Conversation.chat, Conversation.thread).where(
        Conversation.id == conversation_id
    )
    row = (await connection.execute(query)).one_or_none()
    return (row.channel_id, Destination(chat=row.chat, thread=row.thread)) if row else None


async def load_context(
    connection: AsyncConnection, vault: Vault, conversation_id: UUID, turn_id: UUID
) -> TurnContext | None:
    """The conversation of a turn as the model is to see it; None when its channel is gone."""
    found = await destination(connection, conversation_id)
    access = await load(connection, vault, found[0]) if found else None
    if found is None or access is None:
        return None
    most = min(access.bot.context.messages + 1, _MOST_ROWS)
    past = await _past(connection, conversation_id, turn_id, most)
    asked = await _asked(connection, turn_id)
    return TurnContext(access, found[1], tuple(_line(row) for row in (*past, *asked)), len(asked))


async def _past(
    connection: AsyncConnection, conversation_id: UUID, turn_id: UUID, most: int
) -> list[Row[str, str, str, list[JsonValue]]]:
    """The newest messages before this turn that were heard and ended, or said and seen; oldest first.

    A message stands right before the reply that it got, wherever it arrived while an earlier one was being answered.
    """
    reached = select(DeliveryRow.id).where(
        DeliveryRow.message_id == Message.id, DeliveryRow.state.in_(_SEEN_BY_CONTACT)
    )
    reply = aliased(Message)
    replied = select(func.max(reply.seq)).where(reply.turn_id == Event.turn_id).scalar_subquery()
    place = func.coalesce(replied, Message.seq)
    query = (
        select(Message.direction, Message.text, Message.author, Message.attachments)
        .outerjoin(Event, Event.id == Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.conversation_id == conversation_id,
            Message.seq > func.greatest(Conversation.forgotten_seq, _far_enough(conversation_id, most)),
            Message.deleted_at.is_(None),
            or_(
                and_(Message.direction == "inbound", Event.ended_at.is_not(None), Event.turn_id.is_not(None)),
                and_(Message.direction == "outbound", reached.exists()),
            ),
            func.coalesce(Event.turn_id, Message.turn_id).is_distinct_from(turn_id),
        )
        .order_by(place.desc(), Message.direction.desc(), Message.seq.desc())
        .limit(most)
    )
    rows = (await connection.execute(query)).all()
    return list(reversed(rows))


def _far_enough(conversation_id: UUID, most: int) -> ScalarSelect[int]:
    """A number behind which there are so many turns, and so as many messages; a long past is not read for a few."""
    number = (
        select(Turn.id)
        .where(Turn.conversation_id == conversation_id)
        .order_by(Turn.number.desc())
        .offset(most)
        .limit(1)
    )
    first = select(func.min(Event.seq) - 1).where(Event.turn_id == number.scalar_subquery())
    return select(func.coalesce(first.scalar_subquery(), 0)).scalar_subquery()


async def _asked(connection: AsyncConnection, turn_id: UUID) -> list[Row[str, str, str, list[JsonValue]]]:
    query = (
        select(Message.direction, Message.text, Message.author, Message.attachments)
        .join(Event, Event.id == Message.id)
        .where(Event.turn_id == turn_id)
        .order_by(Event.seq)
    )
    return list((await connection.execute(query)).all())


def _line(row: Row[str, str, str, list[JsonValue]]) -> Line:
    attachments = [Attachment.model_validate(item) for item in row.attachments]
    return Line(role="user" if row.direction == "inbound" else "assistant", text=worded(row.text, attachments))
