"""The delivery ledger as it is shown: what was sent, what is in doubt."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paging import Position, page_of
from adapters.database.records import DeliveryRow
from adapters.database.scope import scoped
from domain.deliveries import DeliveryState

_COLUMNS = (
    DeliveryRow.id,
    DeliveryRow.channel_id,
    DeliveryRow.conversation_id,
    DeliveryRow.message_id,
    DeliveryRow.part,
    DeliveryRow.state,
    DeliveryRow.platform_message_id,
    DeliveryRow.attempts,
    DeliveryRow.error,
    DeliveryRow.reason,
    DeliveryRow.sent_at,
    DeliveryRow.delivered_at,
    DeliveryRow.read_at,
    DeliveryRow.created_at,
    DeliveryRow.updated_at,
)


async def page(
    connection: AsyncConnection,
    workspace_id: UUID,
    state: DeliveryState | None,
    channel_id: UUID | None,
    after: Position | None,
    limit: int,
) -> Sequence[RowMapping]:
    """The deliveries of a workspace in a state, on a channel."""
    listing = scoped(select(*_COLUMNS), workspace_id)
    if state is not None:
        listing = listing.where(DeliveryRow.state == state)
    if channel_id is not None:
        listing = listing.where(DeliveryRow.channel_id == channel_id)
    ordered = page_of(listing, DeliveryRow.created_at, DeliveryRow.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()


async def one(connection: AsyncConnection, workspace_id: UUID, delivery_id: UUID) -> RowMapping | None:
    """A delivery."""
    query = scoped(select(*_COLUMNS).where(DeliveryRow.id == delivery_id), workspace_id)
    return (await connection.execute(query)).mappings().one_or_none()


async def of_messages(
    connection: AsyncConnection, workspace_id: UUID, messages: Sequence[UUID]
) -> dict[UUID, list[RowMapping]]:
    """The parts of each of these messages, in order."""
    query = scoped(select(*_COLUMNS).where(DeliveryRow.message_id.in_(messages)), workspace_id)
    found = defaultdict(list)
    for row in (await connection.execute(query.order_by(DeliveryRow.part))).mappings():
        found[row["message_id"]].append(row)
    return found
