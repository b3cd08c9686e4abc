"""Channels as the doors and activities need them: opened credentials, the bot's settings, whether it runs."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import Row, RowMapping, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import channel_problems
from adapters.database.tables import BotRow, ChannelRow, Workspace
from adapters.platforms.base import Account, Channel
from adapters.vault import KeyMissing, Sealed, Vault
from domain.bots import Bot
from domain.channel_problems import ChannelProblem
from domain.ids import BotId, ChannelId, WorkspaceId
from domain.platforms import PlatformName
from domain.workspaces import WorkspaceSettings


@dataclass(frozen=True)
class ChannelAccess:
    """A channel with its bot: whose it is, how to speak for it, and how the bot behaves."""

    workspace_id: WorkspaceId
    bot_id: BotId
    bot: Bot
    bot_stopped: bool
    bot_deleted: bool
    channel: Channel
    workspace: WorkspaceSettings
    problem: ChannelProblem | None = None
    """Why no call of it is accepted, as far as is known."""


_COLUMNS = (
    ChannelRow.id,
    ChannelRow.workspace_id,
    ChannelRow.bot_id,
    ChannelRow.platform,
    ChannelRow.settings,
    ChannelRow.account,
    ChannelRow.credentials,
    ChannelRow.credentials_key_id,
    ChannelRow.problem,
    ChannelRow.problem_text,
    ChannelRow.problem_since,
    ChannelRow.problem_probe_at,
    BotRow.settings.label("bot_settings"),
    BotRow.stopped_at,
    BotRow.deleted_at.label("bot_deleted_at"),
    select(Workspace.settings)
    .where(Workspace.id == ChannelRow.workspace_id)
    .scalar_subquery()
    .label("workspace_settings"),
)


# Built once: every turn asks it, and building takes longer than the answer.
_LOAD = (
    select(*_COLUMNS)
    .join(BotRow, BotRow.id == ChannelRow.bot_id)
    .where(ChannelRow.id == bindparam("channel"), ChannelRow.deleted_at.is_(None))
)
_OWNER = (
    select(*_COLUMNS, ChannelRow.deleted_at)
    .join(BotRow, BotRow.id == ChannelRow.bot_id)
    .where(ChannelRow.id == bindparam("channel"))
)


async def load(connection: AsyncConnection, vault: Vault, channel_id: UUID) -> ChannelAccess | None:
    """The channel with this id, with its credentials opened; None when there is none or it was deleted."""
    row = (await connection.execute(_LOAD, {"channel": channel_id})).one_or_none()
    return _access(row, _opened(row, vault)) if row else None


async def owner(connection: AsyncConnection, channel_id: UUID) -> ChannelAccess | None:
    """The channel as recording needs it, without its credentials; one that was deleted has a deleted bot."""
    row = (await connection.execute(_OWNER, {"channel": channel_id})).one_or_none()
    if row is None:
        return None
    access = _access(row, {})
    return replace(access, bot_deleted=access.bot_deleted or row.deleted_at is not None)


async def load_polled(connection: AsyncConnection, vault: Vault, platform: PlatformName) -> list[ChannelAccess]:
    """Every live channel of a platform whose settings ask for polling."""
    query = select(*_COLUMNS).join(BotRow, BotRow.id == ChannelRow.bot_id).where(
        ChannelRow.platform == platform,
        ChannelRow.deleted_at.is_(None),
        BotRow.deleted_at.is_(None),
        ChannelRow.settings["polling"].as_boolean().is_(True),
    )  # fmt: skip
    return [_access(row, _opened(row, vault)) for row in await connection.execute(query)]


async def load_all(connection: AsyncConnection, vault: Vault, platform: PlatformName) -> list[ChannelAccess]:
    """Every live channel of a platform."""
    query = select(*_COLUMNS).join(BotRow, BotRow.id == ChannelRow.bot_id).where(
        ChannelRow.platform == platform, ChannelRow.deleted_at.is_(None), BotRow.deleted_at.is_(None)
    )  # fmt: skip
    return [_access(row, _opened(row, vault)) for row in await connection.execute(query)]


async def load_family(
    connection: AsyncConnection, vault: Vault, workspace_id: WorkspaceId, platform: PlatformName
) -> list[ChannelAccess]:
    """Every live channel of a workspace on a platform, the oldest first; without those that no key of ours opens."""
    query = select(*_COLUMNS).join(BotRow, BotRow.id == ChannelRow.bot_id).where(
        ChannelRow.workspace_id == workspace_id,
        ChannelRow.platform == platform,
        ChannelRow.deleted_at.is_(None),
    ).order_by(ChannelRow.created_at, ChannelRow.id)  # fmt: skip
    family = []
    for row in await connection.execute(query):
        with suppress(KeyMissing):
            family.append(_access(row, _opened(row, vault)))
    return family


async def poll_offset(connection: AsyncConnection, channel_id: ChannelId) -> int | None:
    """Where polling goes on."""
    return await connection.scalar(select(ChannelRow.poll_offset).where(ChannelRow.id == channel_id))


async def keep_poll_offset(connection: AsyncConnection, channel_id: ChannelId, offset: int) -> None:
    """Remember where polling goes on."""
    await connection.execute(update(ChannelRow).where(ChannelRow.id == channel_id).values(poll_offset=offset))


async def keep_account(connection: AsyncConnection, channel_id: ChannelId, account: Account) -> None:
    """Remember what the platform said of the channel's account: it accepts the credentials."""
    known = {**account.details, "id": account.id, "name": account.name}
    await connection.execute(update(ChannelRow).where(ChannelRow.id == channel_id).values(account=known))
    await channel_problems.clear(connection, channel_id, "check")


def seal_credentials(vault: Vault, channel_id: UUID, credentials: dict[str, str]) -> dict[str, object]:
    """The columns that hold these credentials: sealed for this channel, with the ends that may be shown."""
    if not credentials:
        return {"credentials": None, "credentials_key_id": None, "credential_ends": {}}
    sealed = vault.seal(json.dumps(credentials).encode(), about=channel_id.bytes)
    return {
        "credentials": sealed.ciphertext,
        "credentials_key_id": sealed.key_id,
        "credential_ends": {name: value[-4:] if len(value) >= 12 else "" for name, value in credentials.items()},
    }


def open_credentials(vault: Vault, channel_id: UUID, ciphertext: bytes | None, key_id: str | None) -> dict[str, str]:
    """The credentials in the clear; raises `KeyMissing` when no key of ours opens them."""
    if ciphertext is None or key_id is None:
        return {}
    opened: dict[str, str] = json.loads(vault.open(Sealed(key_id, ciphertext), about=channel_id.bytes))
    return opened


def _opened(row: Row, vault: Vault) -> dict[str, str]:  # type: ignore[type-arg]  # the columns are those of _COLUMNS
    return open_credentials(vault, row.id, row.credentials, row.credentials_key_id)


def _access(row: Row, secrets: dict[str, str]) -> ChannelAccess:  # type: ignore[type-arg]  # the same
    return ChannelAccess(
        workspace_id=WorkspaceId(row.workspace_id),
        bot_id=BotId(row.bot_id),
        bot=Bot.model_validate(row.bot_settings),
        bot_stopped=row.stopped_at is not None,
        bot_deleted=row.bot_deleted_at is not None,
        channel=Channel(
            id=ChannelId(row.id),
            platform=PlatformName(row.platform),
            credentials={name: SecretStr(value) for name, value in secrets.items()},
            settings=row.settings,
            account=row.account,
        ),
        workspace=WorkspaceSettings.model_validate(row.workspace_settings),
        problem=problem_of(row._mapping),
    )


def problem_of(row: RowMapping) -> ChannelProblem | None:
    """What a channel's row says of its problem."""
    if row["problem"] is None:
        return None
    return ChannelProblem(
        reason=row["problem"],
        text=row["problem_text"],
        since=row["problem_since"],
        probe_at=row["problem_probe_at"],
    )


def credentials_vault(secrets: Sequence[str]) -> Vault:
    """The vault of channel credentials."""
    return Vault(secrets, "channel credentials")


def keys_vault(secrets: Sequence[str]) -> Vault:
    """The vault whose fingerprints API keys are found by."""
    return Vault(secrets, "api keys")
