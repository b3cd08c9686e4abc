"""Calls of a platform that a client waits for: the channel that makes them, and what a failure is answered with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from uuid import UUID

from adapters.database import channel_admin
from adapters.database.channels import ChannelAccess
from adapters.errors import Again, Never, OutsideError
from adapters.platforms.base import Platform
from adapters.vault import KeyMissing
from api.problems import Problem, invalid, not_found
from api.resources import Resources
from api.v1.channels import platform_unavailable, unreadable
from domain.ids import WorkspaceId
from domain.platforms import PlatformName

UNSUPPORTED = "unsupported_by_platform"
_RETRY_SECONDS = 5


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
