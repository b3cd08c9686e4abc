"""Promised answers: what a platform shows while one is awaited, to be taken away where none comes.

A row is there from the record of an event that its platform shows to be answered later, until an answer stands there
or nothing shows any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ARRAY, ForeignKey, Index, Text, bindparam, delete, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from adapters.database.base import Base
from adapters.database.records import DeliveryRow, Event
from adapters.database.tables import Conversation
from adapters.platforms.base import Channel, Payload
from domain.deliveries import AT_REST, DeliveryState
from domain.events import EventState, InboundEvent
from domain.platforms import PlatformName

LEASE = timedelta(seconds=30)
"""How long a claimed promise belongs to its attempt: longer than a call may take."""
SHOWN_FOR = timedelta(minutes=14)
"""An answer that takes longer is a message of its own: Discord forgets an interaction after fifteen minutes."""
FORGOTTEN_AFTER = timedelta(minutes=16)
"""Nothing can be taken away any more, and nothing shows."""
_LOOK_AGAIN = timedelta(seconds=5)
PROMISING = frozenset({PlatformName.DISCORD})
"""The platforms that show their contacts that an answer will come."""
_AWAITED = (EventState.RECEIVED, EventState.QUEUED)
_NOT_SAID = (DeliveryState.FAILED, DeliveryState.DROPPED)


class PromiseRow(Base):
    """What an event's platform shows until it is answered; `answer_by` is its name there."""

    __tablename__ = "promised_answers"
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"))
    answer_by: Mapped[dict[str, JsonValue]]
    attempts: Mapped[int] = mapped_column(server_default="0")
    begun_at: Mapped[datetime]
    due_at: Mapped[datetime]
    __table_args__ = (Index("ix_promised_answers_due_at", "due_at"),)


@dataclass(frozen=True)
class Promise:
    """A promise that nobody may keep, claimed for one attempt to take it back."""

    event_id: UUID
    channel_id: UUID
    answer_by: Mapping[str, str]
    attempts: int
    begun_at: datetime


_ANSWER_BY = Event.payload["details"]["answer_by"]
_PATH = literal(["details", "answer_by"], ARRAY(Text))
_IS_OVER = or_(
    Event.state.not_in(_AWAITED),
    PromiseRow.begun_at < bindparam("shown_since"),
    # An earlier attempt has already seen to it that nobody answers by it.
    _ANSWER_BY.is_(None),
)
_DUE = (
    select(PromiseRow.event_id)
    .join(Event, Event.id == PromiseRow.event_id)
    .where(PromiseRow.due_at <= bindparam("now"), _IS_OVER)
    .order_by(PromiseRow.due_at)
    .limit(bindparam("most"))
    .with_for_update(of=PromiseRow, skip_locked=True)
)
_CLAIM = (
    update(PromiseRow)
    .where(PromiseRow.event_id.in_(_DUE.scalar_subquery()))
    .values(due_at=bindparam("until"), attempts=PromiseRow.attempts + 1)
    .returning(
        PromiseRow.event_id, PromiseRow.channel_id, PromiseRow.answer_by, PromiseRow.attempts, PromiseRow.begun_at
    )
)


async def note(
    connection: AsyncConnection, channel: Channel, told: Iterable[tuple[UUID, InboundEvent]], now: datetime
) -> None:
    """Note the promises of new events, in the transaction that records them."""
    if channel.platform not in PROMISING:
        return
    rows = [
        {"event_id": identity, "channel_id": channel.id, "answer_by": by, "begun_at": now, "due_at": now}
        for identity, event in told
        if (by := event.details.get("answer_by")) is not None
    ]
    if rows:
        await connection.execute(insert(PromiseRow), rows)


async def claim(connection: AsyncConnection, now: datetime, most: int) -> list[Promise]:
    """Take promises whose event has its end, is held or waits for too long; whoever dies leaves them to the next."""
    asked = {"now": now, "until": now + LEASE, "shown_since": now - SHOWN_FOR, "most": most}
    rows = await connection.execute(_CLAIM, asked)
    return [Promise(row.event_id, row.channel_id, _names(row.answer_by), row.attempts, row.begun_at) for row in rows]


def _names(answer_by: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: value for name, value in answer_by.items() if isinstance(value, str)}


async def let_go(connection: AsyncConnection, promise: Promise, kept_by: Payload, now: datetime) -> bool:
    """Have nobody answer by this any more; False where a part of a reply does, which `kept_by` is in the payload of.

    Replies are planned under the lock of their conversation: what is not planned now will be a message of its own.
    """
    conversation = select(Event.conversation_id).where(Event.id == promise.event_id).scalar_subquery()
    await connection.execute(select(Conversation.id).where(Conversation.id == conversation).with_for_update())
    turn = select(Event.turn_id).where(Event.id == promise.event_id).scalar_subquery()
    kept = select(DeliveryRow.state).where(DeliveryRow.turn_id == turn, DeliveryRow.payload.contains(kept_by))
    states = (await connection.scalars(kept.where(DeliveryRow.state.not_in(_NOT_SAID)))).all()
    if states:
        is_at_rest = AT_REST.issuperset(states) or now - promise.begun_at >= FORGOTTEN_AFTER
        await (forget(connection, promise) if is_at_rest else postpone(connection, promise, now + _LOOK_AGAIN))
        return False
    is_over = or_(Event.state.not_in(_AWAITED), _ANSWER_BY.is_(None), literal(now - promise.begun_at >= SHOWN_FOR))
    over = update(Event).where(Event.id == promise.event_id, is_over)
    let = await connection.execute(over.values(payload=Event.payload.op("#-")(_PATH)))
    if not let.rowcount:
        # Held no longer: it may be answered by this after all.
        await postpone(connection, promise, now)
    return bool(let.rowcount)


async def forget(connection: AsyncConnection, promise: Promise) -> None:
    """Nothing shows any more, or an answer stands there."""
    await connection.execute(delete(PromiseRow).where(PromiseRow.event_id == promise.event_id))


async def postpone(connection: AsyncConnection, promise: Promise, due_at: datetime) -> None:
    """Look again later."""
    held = PromiseRow.event_id == promise.event_id, PromiseRow.attempts == promise.attempts
    await connection.execute(update(PromiseRow).where(*held).values(due_at=due_at))
