"""Closed windows: what of a reply could not go out in time ends with its reason, and an operator is told."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import ledger
from adapters.database.ledger import Floor, Part
from adapters.database.memberships import mark_undeliverable
from adapters.database.records import Notice
from adapters.database.tables import Conversation
from domain.deliveries import DeliveryState

WINDOW_CLOSED = "window_closed"
"""The reason of a part that came too late, and the kind of the notice that says so."""


async def end_reply(connection: AsyncConnection, floor: Floor, conversation_id: UUID, reply: str, part: Part) -> None:
    """Put to rest the part that came too late and those behind it; one that may have gone out before is in doubt."""
    if part.standing.state is DeliveryState.SENDING:
        await ledger.doubt(connection, part)
    await ledger.rest(connection, conversation_id, reply, DeliveryState.FAILED, WINDOW_CLOSED)
    await mark_undeliverable(connection, conversation_id, WINDOW_CLOSED)
    await connection.execute(
        insert(Notice).values(
            id=uuid4(),
            workspace_id=floor.workspace_id,
            conversation_id=conversation_id,
            kind=WINDOW_CLOSED,
            details={"delivery_id": str(part.id), "part": part.part, "heard_at": _written(floor.heard_at)},
        )
    )


async def heard_at(connection: AsyncConnection, conversation_id: UUID) -> datetime | None:
    """When the contact of a conversation was heard last."""
    return await connection.scalar(select(Conversation.heard_at).where(Conversation.id == conversation_id))


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
