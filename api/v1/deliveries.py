"""Deliveries: what was sent, what is in doubt, and the end of doubt."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import deliveries, ledger_admin, windows
from adapters.database.ledger_admin import NotInDoubt
from api.idempotency import Once, OperatorOnce
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import Problem, not_found
from api.resources import Using
from api.security import Viewer
from api.v1.holding import tell
from api.v1.objects import Delivery
from api.v1.routing import Route
from api.v1.windows import demand_open
from domain.deliveries import DeliveryState
from domain.ids import WorkspaceId

router = APIRouter(prefix="/deliveries", route_class=Route, tags=["deliveries"])

OnChannel = Annotated[UUID | None, Query(description="Only those on this channel.")]


@router.get("", summary="List deliveries")
async def read_all(
    who: Viewer,
    using: Using,
    state: DeliveryState | None = None,
    channel_id: OnChannel = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[Delivery]:
    """Newest first; `?state=uncertain` is what is in doubt."""
    after = position("deliveries", cursor)
    async with using.database.begin() as connection:
        rows = await deliveries.page(connection, who.workspace_id, state, channel_id, after, limit)
    return timed("deliveries", rows, limit, Delivery.of)


@router.get("/{delivery_id}", summary="Read a delivery")
async def read(delivery_id: UUID, who: Viewer, using: Using) -> Delivery:
    """One part of what was said, and what became of its sending."""
    async with using.database.begin() as connection:
        return await _one(connection, who.workspace_id, delivery_id)


@router.post("/{delivery_id}/resend", summary="Send again")
async def resend(delivery_id: UUID, once: OperatorOnce, using: Using) -> Delivery:
    """For one that is `uncertain` or `failed`: the contact may get it twice. 422 `window_closed` as for new words."""
    async with using.database.begin() as connection:
        waiting = await windows.of_delivery(connection, once.who.workspace_id, delivery_id)
        if waiting is not None:
            demand_open(*waiting)
        try:
            conversation_id = await ledger_admin.resend(
                connection, delivery_id, once.who.workspace_id, datetime.now(UTC)
            )
        except NotInDoubt as error:
            raise _at_rest(error, "uncertain or failed") from error
        answer = await _kept(connection, once, delivery_id)
    if conversation_id is not None:
        await tell(using, conversation_id)
    return answer


@router.post("/{delivery_id}/write-off", summary="Write off")
async def write_off(delivery_id: UUID, once: OperatorOnce, using: Using) -> Delivery:
    """For one that is `uncertain`: it counts as `failed`, with `reason: written_off`."""
    async with using.database.begin() as connection:
        try:
            await ledger_admin.write_off(connection, delivery_id, once.who.workspace_id, datetime.now(UTC))
        except NotInDoubt as error:
            raise _at_rest(error, "uncertain") from error
        return await _kept(connection, once, delivery_id)


async def _kept(connection: AsyncConnection, once: Once, delivery_id: UUID) -> Delivery:
    answer = await _one(connection, once.who.workspace_id, delivery_id)
    await once.keep(connection, answer)
    return answer


async def _one(connection: AsyncConnection, workspace_id: WorkspaceId, delivery_id: UUID) -> Delivery:
    row = await deliveries.one(connection, workspace_id, delivery_id)
    if row is None:
        raise not_found("delivery", delivery_id)
    return Delivery.of(row)


def _at_rest(error: NotInDoubt, allowed: str) -> Problem:
    return Problem(409, f"This is for deliveries that are {allowed}; this one is {error.state}.", "not_in_doubt")
