"""Calls of a platform that a client waits for: who makes them, at which pace, and what a failure is answered with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from uuid import UUID

from adapters.database import asides, channel_admin, paces
from adapters.database.channels import ChannelAccess
from adapters.errors import Again, ChatRateLimited, Never, OutsideError, RateLimited
from adapters.platforms.base import Channel, Platform
from adapters.vault import KeyMissing
from api.problems import Problem, invalid, not_found
from api.resources import Resources
from api.v1.channels import platform_unavailable, unreadable
from domain.ids import WorkspaceId
from domain.paces import Aside, Meter
from domain.platforms import PlatformName

UNSUPPORTED = "unsupported_by_platform"
_RETRY_SECONDS = 5
_WAITED_IN_HAND = timedelta(seconds=2)
"""How long a client is kept waiting for the platform's rate; longer waits are told."""


def unsupported(platform: PlatformName, what: str) -> Problem:
    """422 for what a platform, or our adapter of it, cannot do."""
    return invalid(f"On {platform.title()} {what}.", UNSUPPORTED)


async def opened(using: Resources, workspace_id: WorkspaceId, channel_id: UUID) -> tuple[ChannelAccess, Platform]:
    """A channel of the workspace, and who speaks for it; 404 without one."""
    try:
        async with using.database.begin() as connection:
            access = await channel_admin.access(connection, using.credentials, workspace_id, channel_id)
    except KeyMissing as error:
        raise unreadable() from error
    if access is None:
        raise not_found("channel", channel_id)
    platform = using.platforms.get(access.channel.platform)
    if platform is None:
        raise platform_unavailable(access.channel.platform)
    return access, platform


@asynccontextmanager
async def told() -> AsyncIterator[None]:
    """What a platform did not do, as the problem that our client can act on."""
    try:
        yield
    except Never as error:
        raise invalid(f"{error}.", error.reason) from error
    except Again as error:
        seconds = ceil(error.after.total_seconds()) if error.after else _RETRY_SECONDS
        raise Problem(503, f"{error}.", error.reason, {"Retry-After": str(max(1, seconds))}) from error
    except OutsideError as error:
        raise Problem(502, f"{error}.", error.reason) from error


@asynccontextmanager
async def paced(using: Resources, channel: Channel, chat: str = "", meter: Meter | None = None) -> AsyncIterator[None]:
    """A call at its platform's pace, behind what the bot says; raises `RateLimited` where that takes long.

    What the platform asks to wait holds for all of its chat or its bot. A call that is about no chat has a limit of its
    own at most platforms: what that one asks for holds for calls like it, and no reply waits for it.
    `meter` says what the call is, should the platform count that apart.
    """
    place = paces.place_of(channel, chat, meter)
    if place is None:
        yield
        return
    await _permitted(using, place)
    try:
        yield
    except RateLimited as error:
        if error.after is not None:
            until, whole = datetime.now(UTC) + error.after, not (chat and isinstance(error, ChatRateLimited))
            async with using.database.begin() as connection:
                await (paces.hold if chat else asides.hold)(connection, place, until, whole=whole)
        raise


async def _permitted(using: Resources, place: paces.Place) -> None:
    """Wait until a call may go; raises `RateLimited`."""
    last = datetime.now(UTC) + _WAITED_IN_HAND
    while True:
        now = datetime.now(UTC)
        async with using.database.begin() as connection:
            at = await asides.permit(connection, place, Aside.DEED, now)
        if at <= now:
            return
        if at > last:
            raise RateLimited("The platform's rate is used up for now; ask again later", at - now)
        await asyncio.sleep((at - now).total_seconds())
