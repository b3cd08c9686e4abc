"""Turns: how each round of a conversation ended, what the model was told for it, and what that cost."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import RowMapping

from adapters.database import conversations, turn_list
from api.pages import Cursor, Limit, Listed, cut, write
from api.pages import read as read_cursor
from api.problems import invalid, not_found
from api.resources import Using
from api.security import Viewer
from api.v1.objects import Shown
from api.v1.routing import Route
from domain.told import Told

router = APIRouter(prefix="/conversations/{conversation_id}/turns", route_class=Route, tags=["conversations"])

_MOST_TURNS = 2**31 - 1


class Call(Shown):
    """One call of a model."""

    generation: int
    model: str
    input_tokens: int
    output_tokens: int
    cost: float | None
    duration_ms: int


class Turn(Shown):
    """One round: messages, and the reply that answers them."""

    id: UUID
    number: int
    generation: int = Field(description="How often old and new messages were put together.")
    outcome: str | None = Field(description="How its messages ended; null while it is open.")
    reason: str | None
    told: Told | None = Field(description="What the model was told, where that was not simply all there was.")
    calls: list[Call]
    opened_at: datetime
    ended_at: datetime | None


@router.get("", summary="List a conversation's turns")
async def read_all(
    conversation_id: UUID, who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Turn]:
    """Newest first."""
    before = _number(cursor)
    async with using.database.begin() as connection:
        if await conversations.one(connection, who.workspace_id, conversation_id) is None:
            raise not_found("conversation", conversation_id)
        rows = await turn_list.page(connection, who.workspace_id, conversation_id, before, limit)
        calls = await turn_list.usage(connection, who.workspace_id, [row["id"] for row in rows])

    def show(row: RowMapping) -> Turn:
        return Turn.of({**row, "calls": [Call.of(call) for call in calls.get(row["id"], ())]})

    return cut(rows, limit, show, lambda last: write("turns", last["number"]))


def _number(cursor: str | None) -> int:
    if cursor is None:
        return _MOST_TURNS
    keys = read_cursor("turns", cursor)
    if len(keys) != 1 or not isinstance(keys[0], int) or not 0 <= keys[0] <= _MOST_TURNS:
        raise invalid("cursor: it is no cursor of a list of turns.", "bad_cursor")
    return keys[0]
