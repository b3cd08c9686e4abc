"""A channel's webhook at its platform: registered, inspected and removed by a call to the platform."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, JsonValue

from adapters.database import channels
from adapters.database.notifications import channels_changed
from adapters.platforms import base
from api.idempotency import AdminOnce
from api.problems import Problem
from api.resources import Resources, Using
from api.security import Admin, Viewer
from api.v1.channel_objects import webhook_url
from api.v1.objects import Shown
from api.v1.platform_calls import opened, paced, told
from api.v1.problem_answers import BAD_GATEWAY
from api.v1.routing import Route
from domain.menus import Command, MenuEntry, Offers
from domain.paces import Meter

router = APIRouter(route_class=Route, tags=["channels"], responses=BAD_GATEWAY)


class Webhook(Shown):
    """Our webhook as the platform knows it."""

    url: str = Field(description="What the platform calls; empty where it calls nobody.")
    ours: bool = Field(description="Whether that is this channel's `webhook_url`.")
    pending: int | None = Field(description="How many events wait at the platform, where it tells.")
    last_error: str | None = Field(description="What went wrong when it called last, where it tells.")
    commands: tuple[Command, ...] | None = Field(description="The commands that contacts see; null where none can be.")
    ice_breakers: tuple[str, ...] | None = Field(description="What a new contact can ask by a press; null likewise.")
    persistent_menu: tuple[MenuEntry, ...] | None = Field(description="The menu that is always there; null likewise.")
    greeting: str | None = Field(description="What somebody reads who has not written yet; null likewise, or if unset.")
    details: dict[str, JsonValue]


@router.post("/channels/{channel_id}/webhook", summary="Register the webhook")
async def register(channel_id: UUID, once: AdminOnce, using: Using) -> Webhook:
    """Checks the credentials, then has the platform call `webhook_url`, and show what the bot offers where it can.

    That is its `commands`, `ice_breakers`, `persistent_menu` and `greeting`; what it has none of is left as it is.
    """
    access, platform = await opened(using, once.who.workspace_id, channel_id)
    url = webhook_url(using.settings, platform.name, channel_id)
    async with told():
        if platform.menu:
            platform.menu.check(access.bot.offers)
        async with paced(using, access.channel):
            account = await platform.check(access.channel)
    # Whose account it is is known from here on, even where a person has to set the webhook.
    async with using.database.begin() as connection:
        await channels.keep_account(connection, access.channel.id, account)
        await channels_changed(connection)
    using.channels.forget()
    async with told():
        async with paced(using, access.channel, meter=Meter.PROFILE):
            webhook = await platform.register(access.channel, url)
        if platform.menu and access.bot.offers.are_any:
            async with paced(using, access.channel, meter=Meter.PROFILE):
                await platform.menu.show(access.channel, access.bot.offers)
        answer = await _shown(using, webhook, url, access.channel, platform)
    async with using.database.begin() as connection:
        await once.keep(connection, answer)
    return answer


@router.get("/channels/{channel_id}/webhook", summary="Inspect the webhook")
async def inspect(channel_id: UUID, who: Viewer, using: Using) -> Webhook:
    """Asks the platform."""
    access, platform = await opened(using, who.workspace_id, channel_id)
    async with told():
        async with paced(using, access.channel, meter=Meter.PROFILE):
            webhook = await platform.inspect(access.channel)
        url = webhook_url(using.settings, platform.name, channel_id)
        return await _shown(using, webhook, url, access.channel, platform)


@router.delete("/channels/{channel_id}/webhook", status_code=204, summary="Remove the webhook")
async def remove(channel_id: UUID, who: Admin, using: Using) -> None:
    """Has the platform call us no more, and what the bot offers shown no more; 409 where it calls somebody else."""
    access, platform = await opened(using, who.workspace_id, channel_id)
    async with told():
        async with paced(using, access.channel, meter=Meter.PROFILE):
            webhook = await platform.inspect(access.channel)
        if webhook.url and not _is_ours(using, webhook.url, access.channel):
            raise Problem(409, "The platform calls another address than ours; remove that one there.", "not_ours")
        async with paced(using, access.channel, meter=Meter.PROFILE):
            await platform.remove(access.channel)
        if platform.menu and access.bot.offers.are_any:
            async with paced(using, access.channel, meter=Meter.PROFILE):
                await platform.menu.hide(access.channel, access.bot.offers)


def _is_ours(using: Resources, url: str, channel: base.Channel) -> bool:
    """Whether a URL leads to us, be it to a sibling or by an address that we had before."""
    return url.startswith(f"{using.settings.public_url}/") or url.endswith(f"/webhooks/{channel.platform}/{channel.id}")


async def _shown(
    using: Resources, webhook: base.Webhook, url: str, channel: base.Channel, platform: base.Platform
) -> Webhook:
    offers = Offers()
    if platform.menu:
        async with paced(using, channel, meter=Meter.PROFILE):
            offers = await platform.menu.shown(channel)
    return Webhook.of({**webhook.model_dump(), **offers.model_dump(), "ours": webhook.url == url})
