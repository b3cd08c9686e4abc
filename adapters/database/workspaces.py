"""Workspaces: the tenants, and what holds for all that is theirs."""

from uuid import UUID, uuid4

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import Workspace
from domain.workspaces import WorkspaceSettings

_COLUMNS = (Workspace.id, Workspace.name, Workspace.settings, Workspace.created_at, Workspace.updated_at)


async def ensure(connection: AsyncConnection, name: str) -> UUID:
    """The workspace of this name, made when there is none."""
    await connection.execute(insert(Workspace).values(id=uuid4(), name=name).on_conflict_do_nothing())
    found = await connection.scalar(select(Workspace.id).where(Workspace.name == name))
    assert found is not None
    return found


async def one(connection: AsyncConnection, workspace_id: UUID, *, lock: bool = False) -> RowMapping:
    """A workspace; `lock`: nobody else changes its settings, or makes a bot by them, until the transaction ends."""
    query = select(*_COLUMNS).where(Workspace.id == workspace_id)
    # Not the whole row's lock: every row that names the workspace would have to wait for it.
    query = query.with_for_update(key_share=True) if lock else query
    return (await connection.execute(query)).mappings().one()


async def settings(connection: AsyncConnection, workspace_id: UUID) -> WorkspaceSettings:
    """What holds for all bots of a workspace; it does not change until the transaction ends."""
    query = select(Workspace.settings).where(Workspace.id == workspace_id).with_for_update(read=True)
    return WorkspaceSettings.model_validate(await connection.scalar(query))


async def change(connection: AsyncConnection, workspace_id: UUID, settings: WorkspaceSettings) -> None:
    """Replace what holds for all bots of a workspace."""
    changed = update(Workspace).where(Workspace.id == workspace_id)
    await connection.execute(
        changed.values(settings=settings.model_dump(mode="json"), updated_at=func.clock_timestamp())
    )
