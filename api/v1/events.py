"""Events: everything that a platform told us, and what became of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from adapters.database import event_list
from adapters.database.event_list import Wanted
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import not_found
from api.resources import Using
from api.security import Viewer
from api.v1.event_objects import Event
from api.v1.routing import Route
from domain.events import EventState

router = APIRouter(prefix="/events", route_class=Route, tags=["events"])

OnChannel = Annotated[UUID | None, Query(description="Only those of this channel.")]
OfConversation = Annotated[UUID | None, Query(description="Only those of this conversation.")]


@router.get("", summary="List events")
async def read_all(
    who: Viewer,
    using: Using,
    state: EventState | None = None,
    channel_id: OnChannel = None,
    conversation_id: OfConversation = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[Event]:
    """Newest first; `?state=failed` is the dead letters."""
    after = position("events", cursor)
    async with using.database.begin() as connection:
        rows = await event_list.page(
            connection, who.workspace_id, Wanted(state, channel_id, conversation_id), after, limit
        )
    return timed("events", rows, limit, Event.of, time="received_at")


@router.get("/{event_id}", summary="Read an event")
async def read(event_id: UUID, who: Viewer, using: Using) -> Event:
    """One thing that a platform told us, and what became of it."""
    async with using.database.begin() as connection:
        row = await event_list.one(connection, who.workspace_id, event_id)
    if row is None:
        raise not_found("event", event_id)
    return Event.of(row)
