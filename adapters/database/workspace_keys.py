"""The API keys of one workspace, as its admins manage them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import keys
from adapters.database.paging import Position, page_of
from adapters.database.scope import scoped
from adapters.database.tables import ApiKey, Role, Workspace
from adapters.vault import Vault

_COLUMNS = (
    ApiKey.id,
    ApiKey.name,
    Workspace.name.label("workspace"),
    ApiKey.role,
    ApiKey.last4,
    ApiKey.created_at,
    ApiKey.last_used_at,
)
_listing = select(*_COLUMNS).select_from(ApiKey).join(Workspace, Workspace.id == ApiKey.workspace_id)


async def page(
    connection: AsyncConnection, workspace_id: UUID, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The keys that are in force."""
    listing = scoped(_listing.where(ApiKey.revoked_at.is_(None)), workspace_id)
    return (await connection.execute(page_of(listing, ApiKey.created_at, ApiKey.id, after, limit))).mappings().all()


async def add(
    connection: AsyncConnection, vault: Vault, workspace_id: UUID, role: Role, name: str
) -> tuple[RowMapping, str]:
    """Make a key: the key as it is listed, and its secret, which nobody can read again."""
    secret = await keys.create(connection, vault, workspace_id, role, name)
    made = scoped(_listing.where(ApiKey.secret_digest == vault.fingerprints(secret)[0]), workspace_id)
    return (await connection.execute(made)).mappings().one(), secret


async def revoke(connection: AsyncConnection, workspace_id: UUID, key_id: UUID, now: datetime) -> bool:
    """Put a key out of force at once; False when there is none."""
    revoked = scoped(
        update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)).returning(ApiKey.id), workspace_id
    )
    return await connection.scalar(revoked.values(revoked_at=now)) is not None
