"""Channels: a bot's connections to accounts on platforms."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import JsonValue
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, channel_admin
from adapters.database.notifications import channels_changed
from adapters.vault import KeyMissing
from api.idempotency import AdminOnce
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import Problem, invalid, not_found
from api.resources import Resources, Using
from api.security import Admin, Viewer
from api.v1 import channel_input
from api.v1.channel_objects import Channel, ChannelPatch, NewChannel, shown
from api.v1.patches import merged
from api.v1.routing import Route
from domain.ids import WorkspaceId
from domain.platforms import CREDENTIALS, PlatformName

router = APIRouter(route_class=Route, tags=["channels"])

OfBot = Annotated[UUID | None, Query(description="Only those of this bot.")]


def platform_unavailable(platform: str) -> Problem:
    """422 for a platform that this installation does not speak to."""
    return invalid(f"platform: {platform} is not available in this version.", "platform_unavailable")


@router.post("/bots/{bot_id}/channels", status_code=201, summary="Connect a bot to a platform")
async def create(bot_id: UUID, new: NewChannel, once: AdminOnce, using: Using) -> Channel:
    """Calls nothing outside: the platform learns of us when the webhook is registered."""
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        if await bots.one(connection, workspace_id, bot_id) is None:
            raise not_found("bot", bot_id)
        if new.platform not in using.platforms:
            raise platform_unavailable(new.platform)
        secrets = channel_input.credentials(new.platform, new.credentials)
        settings = channel_input.settings(new.platform, new.settings)
        name = new.name or new.platform.title()
        channel_id = await channel_admin.add(
            connection, using.credentials, workspace_id, bot_id, new.platform, name, secrets, settings
        )
        channel = await _changed(connection, using, workspace_id, channel_id)
        await once.keep(connection, channel)
    using.channels.forget()
    return channel


@router.get("/bots/{bot_id}/channels", summary="List a bot's channels")
async def read_of_bot(
    bot_id: UUID, who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Channel]:
    """Newest first."""
    async with using.database.begin() as connection:
        if await bots.one(connection, who.workspace_id, bot_id) is None:
            raise not_found("bot", bot_id)
    return await _page(using, who.workspace_id, bot_id, limit, cursor)


@router.get("/channels", summary="List channels")
async def read_all(
    who: Viewer, using: Using, bot_id: OfBot = None, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Channel]:
    """Newest first."""
    return await _page(using, who.workspace_id, bot_id, limit, cursor)


@router.get("/channels/{channel_id}", summary="Read a channel")
async def read(channel_id: UUID, who: Viewer, using: Using) -> Channel:
    """Of its credentials only the names and the last four characters."""
    async with using.database.begin() as connection:
        return shown(await _one(connection, who.workspace_id, channel_id), using.settings)


@router.patch("/channels/{channel_id}", summary="Change a channel")
async def change(channel_id: UUID, patch: ChannelPatch, who: Admin, using: Using) -> Channel:
    """A credential that is given replaces the one of its name; the others stay."""
    async with using.database.begin() as connection:
        row = await _one(connection, who.workspace_id, channel_id, lock=True)
        platform, given = PlatformName(row["platform"]), patch.model_fields_set
        secrets = None
        if patch.credentials:
            secrets = await _replaced(connection, using, who.workspace_id, channel_id, platform, patch.credentials)
        settings = row["settings"]
        if "settings" in given:
            settings = channel_input.settings(platform, _merged(settings, patch.settings))
        name = (patch.name or platform.title()) if "name" in given else row["name"]
        await channel_admin.change(connection, using.credentials, who.workspace_id, channel_id, name, secrets, settings)
        channel = await _changed(connection, using, who.workspace_id, channel_id)
    using.channels.forget()
    return channel


@router.delete("/channels/{channel_id}", status_code=204, summary="Delete a channel")
async def remove(channel_id: UUID, who: Admin, using: Using) -> None:
    """Its credentials are forgotten; its conversations stay readable. Remove the webhook before, or the platform
    goes on calling."""
    async with using.database.begin() as connection:
        if not await channel_admin.remove(connection, who.workspace_id, channel_id, datetime.now(UTC)):
            raise not_found("channel", channel_id)
        await channels_changed(connection)
    using.channels.forget()


async def _page(
    using: Resources, workspace_id: WorkspaceId, bot_id: UUID | None, limit: int, cursor: str | None
) -> Listed[Channel]:
    after = position("channels", cursor)
    async with using.database.begin() as connection:
        rows = await channel_admin.page(connection, workspace_id, bot_id, after, limit)
    return timed("channels", rows, limit, lambda row: shown(row, using.settings))


async def _one(
    connection: AsyncConnection, workspace_id: WorkspaceId, channel_id: UUID, *, lock: bool = False
) -> RowMapping:
    row = await channel_admin.one(connection, workspace_id, channel_id, lock=lock)
    if row is None:
        raise not_found("channel", channel_id)
    return row


async def _changed(
    connection: AsyncConnection, using: Resources, workspace_id: WorkspaceId, channel_id: UUID
) -> Channel:
    await channels_changed(connection)
    return shown(await _one(connection, workspace_id, channel_id), using.settings)


async def _replaced(
    connection: AsyncConnection,
    using: Resources,
    workspace_id: WorkspaceId,
    channel_id: UUID,
    platform: PlatformName,
    patch: dict[str, str | None],
) -> dict[str, str]:
    """The credentials with some replaced; all of them can be, even when those that are kept no longer open."""
    try:
        kept = await channel_admin.credentials(connection, using.credentials, workspace_id, channel_id)
    except KeyMissing as error:
        if not all(patch.get(name) for name in CREDENTIALS[platform].required):
            raise unreadable() from error
        kept = {}
    wanted = {**kept, **{name: value for name, value in patch.items() if value is not None}}
    removed = {name for name, value in patch.items() if value is None}
    return channel_input.credentials(platform, {name: value for name, value in wanted.items() if name not in removed})


def unreadable() -> Problem:
    """409 for credentials that SECRET_KEY no longer opens."""
    detail = "SECRET_KEY holds no key that opens this channel's credentials; add the old key, or give all of them anew."
    return Problem(409, detail, "credentials_unreadable")


def _merged(settings: dict[str, JsonValue], patch: dict[str, JsonValue] | None) -> dict[str, JsonValue]:
    result = merged(settings, patch)
    return result if isinstance(result, dict) else {}
