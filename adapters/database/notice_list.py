"""Notices as they are listed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paging import Position, page_of
from adapters.database.records import Notice
from adapters.database.scope import scoped


async def page(
    connection: AsyncConnection, workspace_id: UUID, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """What was worth telling an operator of this workspace."""
    columns = select(Notice.id, Notice.kind, Notice.conversation_id, Notice.details, Notice.created_at)
    ordered = page_of(scoped(columns, workspace_id), Notice.created_at, Notice.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()
