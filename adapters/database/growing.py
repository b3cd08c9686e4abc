"""Growing messages: the first words of an answer on a platform, until the whole answer takes their place.

A row is there from before the message is sent until its turn has ended and nothing is left to be done about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    RowMapping,
    UniqueConstraint,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from adapters.database.base import Base, Identified, one_of
from adapters.database.budgets import Call
from adapters.database.ledger import Floor, Part
from adapters.database.records import DeliveryRow, Notice, Turn
from adapters.platforms.base import Payload
from domain.deliveries import AT_REST, LEASE, LEASE_MARGIN, DeliveryState
from domain.growing import GrowingState

UNCERTAIN_NOTICE = "growing_message_uncertain"


class GrowingRow(Identified, Base):
    """The message that grows while a generation of a turn is answered; its id is its mark on the platform.

    `payload` is what it said last, `attempts` the number of the lease that its newest call has.
    """

    __tablename__ = "growing_messages"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    turn_id: Mapped[UUID] = mapped_column(ForeignKey("turns.id"))
    generation: Mapped[int]
    payload: Mapped[dict[str, JsonValue]]
    state: Mapped[str]
    platform_message_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="1")
    lease_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    silent: Mapped[bool] = mapped_column(server_default=sql("false"))
    """Whether it grows no more before the answer is whole: the platform did not take an edit."""
    __table_args__ = (
        UniqueConstraint("turn_id", "generation"),
        one_of("state", GrowingState),
        Index("ix_growing_messages_conversation_id", "conversation_id"),
    )


@dataclass(frozen=True)
class Growing:
    """A growing message as it stands."""

    id: UUID
    channel_id: UUID
    conversation_id: UUID
    turn_id: UUID
    payload: Payload
    state: GrowingState
    platform_message_id: str | None
    attempts: int
    lease_until: datetime | None
    silent: bool
    created_at: datetime

    def free_at(self, now: datetime) -> datetime | None:
        """When the call that may be under way can be so no more; None when there is none."""
        free = self.lease_until + LEASE_MARGIN if self.lease_until else now
        return free if free > now else None


def being_shown(where: ColumnElement[bool], now: datetime) -> ColumnElement[bool]:
    """Whether a growing message is being sent or edited this moment."""
    return exists().where(where, GrowingRow.lease_until > now)


_COLUMNS = (
    GrowingRow.id,
    GrowingRow.channel_id,
    GrowingRow.conversation_id,
    GrowingRow.turn_id,
    GrowingRow.payload,
    GrowingRow.state,
    GrowingRow.platform_message_id,
    GrowingRow.attempts,
    GrowingRow.lease_until,
    GrowingRow.silent,
    GrowingRow.created_at,
)


def _of(row: RowMapping) -> Growing:
    return Growing(**{**row, "state": GrowingState(row["state"])})


async def find(connection: AsyncConnection, turn_id: UUID, generation: int) -> Growing | None:
    """What grows for a generation of a turn, locked."""
    query = select(*_COLUMNS).where(GrowingRow.turn_id == turn_id, GrowingRow.generation == generation)
    row = (await connection.execute(query.with_for_update())).mappings().one_or_none()
    return _of(row) if row else None


async def is_answered(connection: AsyncConnection, turn_id: UUID) -> bool:
    """Whether a reply to a turn is planned: from then on nothing grows."""
    planned = select(DeliveryRow.id).where(DeliveryRow.turn_id == turn_id)
    return await connection.scalar(planned.limit(1)) is not None


async def begin(
    connection: AsyncConnection, call: Call, floor: Floor, payload: Payload, until: datetime, now: datetime
) -> Growing:
    """Write down that the first words are about to be sent, under a lease."""
    made = insert(GrowingRow).values(
        id=uuid4(),
        workspace_id=floor.workspace_id,
        channel_id=floor.channel_id,
        conversation_id=call.conversation_id,
        turn_id=call.turn_id,
        generation=call.generation,
        payload=payload,
        state=GrowingState.SENDING,
        lease_until=until,
        created_at=now,
    )
    return _of((await connection.execute(made.returning(*_COLUMNS))).mappings().one())


async def claim(connection: AsyncConnection, growing: Growing, until: datetime) -> Growing:
    """Take the message for one call; who had it before can settle nothing any more."""
    claimed = update(GrowingRow).where(GrowingRow.id == growing.id)
    claimed = claimed.values(attempts=GrowingRow.attempts + 1, lease_until=until)
    return _of((await connection.execute(claimed.returning(*_COLUMNS))).mappings().one())


async def settle(connection: AsyncConnection, growing: Growing, **values: object) -> bool:
    """Write down how a call went, and end its lease unless told otherwise; False when the message was another's."""
    settled = update(GrowingRow).where(GrowingRow.id == growing.id, GrowingRow.attempts == growing.attempts)
    return (await connection.execute(settled.values({"lease_until": None, **values}))).rowcount > 0


async def lose(connection: AsyncConnection, growing: Growing) -> None:
    """It may stand there and cannot be found: an operator is told, once."""
    lost = update(GrowingRow).where(GrowingRow.id == growing.id, GrowingRow.state != GrowingState.LOST)
    lost = lost.values(state=GrowingState.LOST, lease_until=None)
    workspace_id = await connection.scalar(lost.returning(GrowingRow.workspace_id))
    if workspace_id is not None:
        notice = {"id": uuid4(), "workspace_id": workspace_id, "conversation_id": growing.conversation_id}
        details = {"turn_id": str(growing.turn_id)}
        await connection.execute(insert(Notice).values(**notice, kind=UNCERTAIN_NOTICE, details=details))


async def adopt(connection: AsyncConnection, growing: Growing, part: Part) -> None:
    """Let the message that grew become this part."""
    adopted = {"grown_from": growing.id, "platform_message_id": growing.platform_message_id}
    await connection.execute(update(DeliveryRow).where(DeliveryRow.id == part.id).values(adopted))


async def take_over(connection: AsyncConnection, now: datetime, most: int) -> Sequence[Growing]:
    """Claim messages whose turn has ended, or goes on in another generation; they are looked at one last time."""
    is_over = or_(Turn.ended_at.is_not(None), Turn.generation > GrowingRow.generation)
    is_free = or_(GrowingRow.lease_until.is_(None), GrowingRow.lease_until < now - LEASE_MARGIN)
    is_due = or_(GrowingRow.retry_at.is_(None), GrowingRow.retry_at <= now)
    unrest = exists().where(
        DeliveryRow.turn_id == GrowingRow.turn_id,
        DeliveryRow.grown_from == GrowingRow.id,
        DeliveryRow.state.not_in(AT_REST),
    )
    over = select(GrowingRow.id).join(Turn, Turn.id == GrowingRow.turn_id).where(is_over, is_free, is_due, ~unrest)
    found = over.limit(most).with_for_update(of=GrowingRow, skip_locked=True)
    taken = update(GrowingRow).where(GrowingRow.id.in_(found.scalar_subquery()))
    taken = taken.values(attempts=GrowingRow.attempts + 1, lease_until=now + LEASE)
    return [_of(row) for row in (await connection.execute(taken.returning(*_COLUMNS))).mappings()]


async def holds_its_reply(connection: AsyncConnection, growing: Growing) -> bool:
    """Whether a part of a reply is what the message says now, or may be."""
    said = (DeliveryState.SENT, DeliveryState.UNCERTAIN)
    holding = select(DeliveryRow.id).where(DeliveryRow.turn_id == growing.turn_id, DeliveryRow.grown_from == growing.id)
    return await connection.scalar(holding.where(DeliveryRow.state.in_(said))) is not None


async def forget(connection: AsyncConnection, growing: Growing) -> None:
    """Nothing is left to be done about it."""
    await connection.execute(delete(GrowingRow).where(GrowingRow.id == growing.id))
