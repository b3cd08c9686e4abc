"""Calls of tools as they are listed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paging import Position, page_of
from adapters.database.records import Turn
from adapters.database.scope import scoped
from adapters.database.tool_records import ToolCallRow

_COLUMNS = (
    ToolCallRow.id,
    ToolCallRow.name.label("tool"),
    ToolCallRow.arguments,
    ToolCallRow.effects,
    ToolCallRow.state,
    ToolCallRow.outcome,
    ToolCallRow.result,
    ToolCallRow.created_at,
    ToolCallRow.started_at,
    ToolCallRow.ended_at,
    Turn.number.label("turn"),
)


async def page(
    connection: AsyncConnection, workspace_id: UUID, conversation_id: UUID, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """What was called in a conversation of the workspace."""
    listing = scoped(select(*_COLUMNS).join(Turn, Turn.id == ToolCallRow.turn_id), workspace_id)
    of_it = listing.where(ToolCallRow.conversation_id == conversation_id)
    ordered = page_of(of_it, ToolCallRow.created_at, ToolCallRow.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()
