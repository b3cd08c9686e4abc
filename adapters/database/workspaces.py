"""Workspaces: the tenants."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import Workspace


async def ensure(connection: AsyncConnection, name: str) -> UUID:
    """The workspace of this name, made when there is none."""
    await connection.execute(insert(Workspace).values(id=uuid4(), name=name).on_conflict_do_nothing())
    found = await connection.scalar(select(Workspace.id).where(Workspace.name == name))
    assert found is not None
    return found
