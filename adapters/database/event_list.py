"""Events as they are listed: what a platform told us and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paging import Position, page_of
from adapters.database.records import Event, Turn
from adapters.database.scope import scoped
from domain.events import EventState

_COLUMNS = (
    Event.id,
    Event.channel_id,
    Event.conversation_id,
    Event.key,
    Event.kind,
    Event.state,
    Event.reason,
    Event.payload["platform_message_id"].as_string().label("platform_message_id"),
    Event.payload["sender"].label("sender"),
    Event.payload["details"].label("details"),
    Event.received_at,
    Event.queued_at,
    Event.ended_at,
    Turn.number.label("turn"),
)
_events = select(*_COLUMNS).select_from(Event).outerjoin(Turn, Turn.id == Event.turn_id)
_from_platforms = _events.where(Event.ours.is_(False))


@dataclass(frozen=True)
class Wanted:
    """Which events are wanted."""

    state: EventState | None = None
    channel_id: UUID | None = None
    conversation_id: UUID | None = None


async def page(
    connection: AsyncConnection, workspace_id: UUID, wanted: Wanted, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The events that came from platforms; those of our own making are not among them."""
    criteria = [
        column == value
        for column, value in (
            (Event.state, wanted.state),
            (Event.channel_id, wanted.channel_id),
            (Event.conversation_id, wanted.conversation_id),
        )
        if value is not None
    ]
    listing = scoped(_from_platforms.where(*criteria), workspace_id)
    return (await connection.execute(page_of(listing, Event.received_at, Event.id, after, limit))).mappings().all()


async def one(connection: AsyncConnection, workspace_id: UUID, event_id: UUID) -> RowMapping | None:
    """An event that came from a platform."""
    query = scoped(_from_platforms.where(Event.id == event_id), workspace_id)
    return (await connection.execute(query)).mappings().one_or_none()
