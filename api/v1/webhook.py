"""A channel's webhook at its platform: registered, inspected and removed by a call to the platform."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, JsonValue

from adapters.database import channels
from adapters.database.notifications import channels_changed
from adapters.platforms import base
from api.idempotency import AdminOnce
from api.resources import Using
from api.security import Admin, Viewer
from api.v1.channel_objects import webhook_url
from api.v1.objects import Shown
from api.v1.platform_calls import opened, told
from api.v1.problem_answers import BAD_GATEWAY
from api.v1.routing import Route

router = APIRouter(route_class=Route, tags=["channels"], responses=BAD_GATEWAY)


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
    access, platform = await opened(using, once.who.workspace_id, channel_id)
    url = webhook_url(using.settings, platform.name, channel_id)
    async with told():
        account = await platform.check(access.channel)
    # Whose account it is is known from here on, even where a person has to set the webhook.
    async with using.database.begin() as connection:
        await channels.keep_account(connection, access.channel.id, account)
        await channels_changed(connection)
    using.channels.forget()
    async with told():
        webhook = _shown(await platform.register(access.channel, url), url)
    async with using.database.begin() as connection:
        await once.keep(connection, webhook)
    return webhook


@router.get("/channels/{channel_id}/webhook", summary="Inspect the webhook")
async def inspect(channel_id: UUID, who: Viewer, using: Using) -> Webhook:
    """Asks the platform."""
    access, platform = await opened(using, who.workspace_id, channel_id)
    async with told():
        webhook = await platform.inspect(access.channel)
    return _shown(webhook, webhook_url(using.settings, platform.name, channel_id))


@router.delete("/channels/{channel_id}/webhook", status_code=204, summary="Remove the webhook")
async def remove(channel_id: UUID, who: Admin, using: Using) -> None:
    """Has the platform call us no more."""
    access, platform = await opened(using, who.workspace_id, channel_id)
    async with told():
        await platform.remove(access.channel)


def _shown(webhook: base.Webhook, url: str) -> Webhook:
    return Webhook.of({**webhook.model_dump(), "ours": webhook.url == url})
