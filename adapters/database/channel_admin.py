"""Channels as their owner manages them: everything but the credentials, of which only names and ends are read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import channel_problems, channels
from adapters.database.channels import ChannelAccess, open_credentials, seal_credentials
from adapters.database.paging import Position, page_of
from adapters.database.scope import scoped
from adapters.database.tables import ChannelRow
from adapters.vault import Vault
from domain.platforms import PlatformName

_COLUMNS = (
    ChannelRow.id,
    ChannelRow.bot_id,
    ChannelRow.platform,
    ChannelRow.name,
    ChannelRow.settings,
    ChannelRow.account,
    ChannelRow.credential_ends,
    ChannelRow.problem,
    ChannelRow.problem_text,
    ChannelRow.problem_since,
    ChannelRow.problem_probe_at,
    ChannelRow.created_at,
    ChannelRow.updated_at,
)


async def page(
    connection: AsyncConnection, workspace_id: UUID, bot_id: UUID | None, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The channels of a workspace, or of one of its bots."""
    listing = scoped(select(*_COLUMNS).where(ChannelRow.deleted_at.is_(None)), workspace_id)
    if bot_id is not None:
        listing = listing.where(ChannelRow.bot_id == bot_id)
    ordered = page_of(listing, ChannelRow.created_at, ChannelRow.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()


async def one(
    connection: AsyncConnection, workspace_id: UUID, channel_id: UUID, *, lock: bool = False
) -> RowMapping | None:
    """A channel; `lock`: nobody else changes it until the transaction ends."""
    query = scoped(select(*_COLUMNS).where(ChannelRow.id == channel_id, ChannelRow.deleted_at.is_(None)), workspace_id)
    return (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()


async def access(
    connection: AsyncConnection, vault: Vault, workspace_id: UUID, channel_id: UUID
) -> ChannelAccess | None:
    """A channel of this workspace with its credentials opened."""
    if await one(connection, workspace_id, channel_id) is None:
        return None
    return await channels.load(connection, vault, channel_id)


async def credentials(
    connection: AsyncConnection, vault: Vault, workspace_id: UUID, channel_id: UUID
) -> dict[str, str]:
    """A channel's credentials in the clear; raises `KeyMissing` when no key of ours opens them."""
    query = select(ChannelRow.credentials, ChannelRow.credentials_key_id).where(ChannelRow.id == channel_id)
    row = (await connection.execute(scoped(query, workspace_id))).one()
    return open_credentials(vault, channel_id, row.credentials, row.credentials_key_id)


async def add(
    connection: AsyncConnection,
    vault: Vault,
    workspace_id: UUID,
    bot_id: UUID,
    platform: PlatformName,
    name: str,
    secrets: dict[str, str],
    settings: Mapping[str, JsonValue],
) -> UUID:
    """Keep a new channel with its credentials sealed."""
    channel_id = uuid4()
    row = {
        "id": channel_id,
        "workspace_id": workspace_id,
        "bot_id": bot_id,
        "platform": platform,
        "name": name,
        "settings": settings,
        **seal_credentials(vault, channel_id, secrets),
    }
    await connection.execute(insert(ChannelRow).values(row))
    return channel_id


async def change(
    connection: AsyncConnection,
    vault: Vault,
    workspace_id: UUID,
    channel_id: UUID,
    name: str,
    secrets: dict[str, str] | None,
    settings: Mapping[str, JsonValue],
) -> None:
    """Replace what a channel is; without `secrets` its credentials stay."""
    values: dict[str, object] = {"name": name, "settings": settings}
    if secrets is not None:
        values |= seal_credentials(vault, channel_id, secrets)
    changed = scoped(update(ChannelRow).where(ChannelRow.id == channel_id), workspace_id)
    await connection.execute(changed.values(values))
    if secrets is not None:
        await channel_problems.clear(connection, channel_id, "credentials")


async def remove(connection: AsyncConnection, workspace_id: UUID, channel_id: UUID, now: datetime) -> bool:
    """Mark a channel as deleted and forget its credentials; False when there is none."""
    removed = scoped(
        update(ChannelRow).where(ChannelRow.id == channel_id, ChannelRow.deleted_at.is_(None)).returning(ChannelRow.id),
        workspace_id,
    )
    values: dict[str, object] = {
        "deleted_at": now,
        "credentials": None,
        "credentials_key_id": None,
        "credential_ends": {},
    }
    return await connection.scalar(removed.values(values)) is not None
