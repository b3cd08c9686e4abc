"""The end of doubt: an operator has a delivery sent again, or writes it off."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.ledger import next_seq
from adapters.database.notifications import conversation_changed
from adapters.database.records import DeliveryRow, Event
from adapters.database.scope import scoped
from adapters.database.tables import Conversation
from domain.deliveries import DeliveryState
from domain.events import EventKind, EventState

WRITTEN_OFF = "written_off"
_RESENDABLE = frozenset({DeliveryState.UNCERTAIN, DeliveryState.FAILED})
_DOUBTFUL = frozenset({DeliveryState.UNCERTAIN})


class NotInDoubt(Exception):
    """The delivery is in a state in which this cannot be done to it."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the delivery is {state}")
        self.state = state


async def resend(connection: AsyncConnection, delivery_id: UUID, workspace_id: UUID, now: datetime) -> UUID | None:
    """Have a doubtful or failed part sent again by its conversation, which is to be handed over; None: no such part.

    Raises `NotInDoubt`.
    """
    row = await _lock(connection, delivery_id, workspace_id)
    if row is None:
        return None
    _demand("deleted" if row.deleted_at else row.state, _RESENDABLE)
    planned = {"state": DeliveryState.PLANNED, "lease_until": None, "retry_at": None, "error": None, "reason": None}
    await _settle(connection, delivery_id, workspace_id, {**planned, "updated_at": now})
    event_id = uuid4()
    await connection.execute(
        insert(Event).values(
            id=event_id,
            workspace_id=workspace_id,
            channel_id=row.channel_id,
            conversation_id=row.conversation_id,
            key=f"resend:{event_id}",
            kind=EventKind.SAY,
            ours=True,
            state=EventState.RECEIVED,
            seq=await next_seq(connection, row.conversation_id),
            payload={"details": {"delivery": str(delivery_id)}},
            received_at=now,
        )
    )
    await conversation_changed(connection, row.conversation_id)
    return UUID(str(row.conversation_id))


async def write_off(connection: AsyncConnection, delivery_id: UUID, workspace_id: UUID, now: datetime) -> UUID | None:
    """Count a doubtful part as failed; its conversation, None when there is no such part. Raises `NotInDoubt`."""
    row = await _lock(connection, delivery_id, workspace_id)
    if row is None:
        return None
    _demand(row.state, _DOUBTFUL)
    written_off = {"state": DeliveryState.FAILED, "reason": WRITTEN_OFF, "updated_at": now}
    await _settle(connection, delivery_id, workspace_id, written_off)
    await conversation_changed(connection, row.conversation_id)
    return UUID(str(row.conversation_id))


async def _lock(
    connection: AsyncConnection, delivery_id: UUID, workspace_id: UUID
) -> Row[UUID, UUID, str, datetime | None] | None:
    """The part, locked behind its conversation: the order in which whoever delivers locks them."""
    mine = scoped(select(DeliveryRow.conversation_id).where(DeliveryRow.id == delivery_id), workspace_id)
    conversation_id = await connection.scalar(mine)
    if conversation_id is None:
        return None
    conversation = select(Conversation.id).where(Conversation.id == conversation_id).with_for_update()
    await connection.execute(scoped(conversation, workspace_id))
    part = select(DeliveryRow.conversation_id, DeliveryRow.channel_id, DeliveryRow.state, DeliveryRow.deleted_at).where(
        DeliveryRow.id == delivery_id
    )
    return (await connection.execute(scoped(part, workspace_id).with_for_update())).one_or_none()


def _demand(state: str, allowed: frozenset[DeliveryState]) -> None:
    if state not in allowed:
        raise NotInDoubt(state)


async def _settle(
    connection: AsyncConnection, delivery_id: UUID, workspace_id: UUID, values: dict[str, object]
) -> None:
    part = scoped(update(DeliveryRow).where(DeliveryRow.id == delivery_id), workspace_id)
    await connection.execute(part.values(values))
