"""A channel's webhook at its platform: registered, inspected and removed by a call to the platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, JsonValue

from adapters.database import channel_admin, channels
from adapters.database.channels import ChannelAccess
from adapters.database.notifications import channels_changed
from adapters.errors import Again, Never, OutsideError
from adapters.platforms import base
from adapters.platforms.base import Platform
from adapters.vault import KeyMissing
from api.idempotency import AdminOnce
from api.problems import Problem, invalid, not_found
from api.resources import Resources, Using
from api.security import Admin, Principal, Viewer
from api.v1.channel_objects import webhook_url
from api.v1.channels import platform_unavailable, unreadable
from api.v1.objects import Shown
from api.v1.problem_answers import BAD_GATEWAY
from api.v1.routing import Route

router = APIRouter(route_class=Route, tags=["channels"], responses=BAD_GATEWAY)

_RETRY_SECONDS = 5


class Webhook(Shown):
    """Our webhook as the platform knows it."""

    url: str = Field(description="What the platform calls; empty where it calls nobody.")
    ours: bool = Field(description="Whether that is this channel's `webhook_url`.")
    pending: int | None = Field(description="How many events wait at the platform, where it tells.")
    last_error: str | None = Field(description="What went wrong when it called last, where it tells.")
    details: dict[str, JsonValue]


@router.post("/channels/{channel_id}/webhook", summary="Register the webhook")
async def register(channel_id: UUID, once: AdminOnce, using: Using) -> Webhook:
    """Checks the credentials, then has the platform call `webhook_url`."""
    access, platform = await _open(using, once.who, channel_id)
    url = webhook_url(using.settings, platform.name, channel_id)
    async with _told():
        account = await platform.check(access.channel)
    # Whose account it is is known from here on, even where a person has to set the webhook.
    async with using.database.begin() as connection:
        await channels.keep_account(connection, access.channel.id, account)
        await channels_changed(connection)
    using.channels.forget()
    async with _told():
        webhook = _shown(await platform.register(access.channel, url), url)
    async with using.database.begin() as connection:
        await once.keep(connection, webhook)
    return webhook


@router.get("/channels/{channel_id}/webhook", summary="Inspect the webhook")
async def inspect(channel_id: UUID, who: Viewer, using: Using) -> Webhook:
    """Asks the platform."""
    access, platform = await _open(using, who, channel_id)
    async with _told():
        webhook = await platform.inspect(access.channel)
    return _shown(webhook, webhook_url(using.settings, platform.name, channel_id))


@router.delete("/channels/{channel_id}/webhook", status_code=204, summary="Remove the webhook")
async def remove(channel_id: UUID, who: Admin, using: Using) -> None:
    """Has the platform call us no more."""
    access, platform = await _open(using, who, channel_id)
    async with _told():
        await platform.remove(access.channel)


async def _open(using: Resources, who: Principal, channel_id: UUID) -> tuple[ChannelAccess, Platform]:
    try:
        async with using.database.begin() as connection:
            access = await channel_admin.access(connection, using.credentials, who.workspace_id, channel_id)
    except KeyMissing as error:
        raise unreadable() from error
    if access is None:
        raise not_found("channel", channel_id)
    platform = using.platforms.get(access.channel.platform)
    if platform is None:
        raise platform_unavailable(access.channel.platform)
    return access, platform


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
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


def _shown(webhook: base.Webhook, url: str) -> Webhook:
    return Webhook.of({**webhook.model_dump(), "ours": webhook.url == url})
