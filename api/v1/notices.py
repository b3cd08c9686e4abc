"""Notices: what is worth telling an operator."""

from fastapi import APIRouter

from adapters.database import notice_list
from api.pages import Cursor, Limit, Listed, position, timed
from api.resources import Using
from api.security import Viewer
from api.v1.objects import Notice
from api.v1.routing import Route

router = APIRouter(prefix="/notices", route_class=Route, tags=["notices"])


@router.get("", summary="List notices")
async def read_all(who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None) -> Listed[Notice]:
    """Newest first."""
    after = position("notices", cursor)
    async with using.database.begin() as connection:
        rows = await notice_list.page(connection, who.workspace_id, after, limit)
    return timed("notices", rows, limit, Notice.of)
