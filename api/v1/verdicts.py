"""Verdicts: what moderation found, in what was said and in what was to be answered."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from adapters.database import verdict_list
from adapters.database.verdict_list import Wanted
from api.pages import Cursor, Limit, Listed, position, timed
from api.resources import Using
from api.security import Viewer
from api.v1.objects import ListedVerdict
from api.v1.routing import Route
from domain.bots import Action

router = APIRouter(prefix="/verdicts", route_class=Route, tags=["verdicts"])

OfBot = Annotated[UUID | None, Query(description="Only those of this bot.")]
OfConversation = Annotated[UUID | None, Query(description="Only those of this conversation.")]
OfAction = Annotated[Action | None, Query(description="Only those because of which this was done.")]


@router.get("", summary="List verdicts")
async def read_all(
    who: Viewer,
    using: Using,
    bot_id: OfBot = None,
    conversation_id: OfConversation = None,
    action: OfAction = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[ListedVerdict]:
    """Newest first; where nothing was found there is none."""
    after = position("verdicts", cursor)
    async with using.database.begin() as connection:
        wanted = Wanted(bot_id, conversation_id, action)
        rows = await verdict_list.page(connection, who.workspace_id, wanted, after, limit)
    return timed("verdicts", rows, limit, ListedVerdict.of)
