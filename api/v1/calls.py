"""Calls of tools: what a model asked for in a conversation, and what became of it."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from adapters.database import call_list
from api.pages import Cursor, Limit, Listed, position, timed
from api.resources import Using
from api.security import Viewer
from api.v1.conversations import one
from api.v1.objects import Shown
from api.v1.routing import Route
from domain.tool_calls import CallOutcome, CallState

router = APIRouter(prefix="/conversations/{conversation_id}/calls", route_class=Route, tags=["conversations"])


class ToolCall(Shown):
    """A call of a tool."""

    id: UUID
    turn: int = Field(examples=[13])
    tool: str = Field(description="As the model wrote it: there may be no such tool.", examples=["place_order"])
    arguments: str | None = Field(
        description="As the model wrote them; null once they were kept long enough.", examples=['{"item": "tea"}']
    )
    effects: bool
    state: CallState
    outcome: CallOutcome | None
    result: str | None = Field(description="What the model was told.", examples=['{"outcome": "done", "status": 200}'])
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@router.get("", summary="List calls of tools")
async def read_all(
    conversation_id: UUID, who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None
) -> Listed[ToolCall]:
    """Newest first."""
    after = position("calls", cursor)
    async with using.database.begin() as connection:
        await one(connection, using, who.workspace_id, conversation_id)
        rows = await call_list.page(connection, who.workspace_id, conversation_id, after, limit)
    return timed("calls", rows, limit, ToolCall.of)
