"""Whether each channel's platform accepts what we have, and knows where we are."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from adapters.database import channels
from adapters.database.channels import ChannelAccess, credentials_vault
from adapters.database.tables import BotRow, ChannelRow
from adapters.platforms.base import Channel, Platform
from adapters.platforms.catalogue import http_client, platforms
from commands.checks import Check, fault, warning
from commands.diagnosis import bounded
from commands.outside import transaction
from domain.platforms import PlatformName
from settings import Settings

_AT_ONCE = 10


@dataclass(frozen=True)
class _Named:
    """A channel and how findings call it."""

    name: str
    id: UUID
    platform: PlatformName


async def check_channels(settings: Settings) -> list[Check]:
    """The findings `channel …` and `webhook …` of every channel that is not deleted."""
    named: list[_Named] = []

    async def look() -> list[Check]:
        named.extend(await _named(settings))
        return []

    found = await bounded("channels", look, "Mend the database first.")
    http, free = http_client(), asyncio.Semaphore(_AT_ONCE)
    try:
        spoken = platforms(settings, http)

        async def check(channel: _Named) -> list[Check]:
            async with free:
                return await _check_channel(settings, channel, spoken.get(channel.platform))

        checked = await asyncio.gather(*(check(channel) for channel in named))
    finally:
        await http.close()
    return found + [finding for findings in checked for finding in findings]


async def _named(settings: Settings) -> list[_Named]:
    query = (
        select(ChannelRow.id, ChannelRow.platform, ChannelRow.name)
        .join(BotRow, BotRow.id == ChannelRow.bot_id)
        .where(ChannelRow.deleted_at.is_(None), BotRow.deleted_at.is_(None))
        .order_by(ChannelRow.created_at, ChannelRow.id)
    )
    async with transaction(settings) as connection:
        rows = (await connection.execute(query)).all()
    return [_Named(f"{row.platform} {row.name} {row.id}", row.id, PlatformName(row.platform)) for row in rows]


async def _check_channel(settings: Settings, named: _Named, platform: Platform | None) -> list[Check]:
    name = f"channel {named.name}"
    if platform is None:
        return [fault(name, f"This version does not speak {named.platform.value}.", "Delete it, or upgrade.")]

    async def look() -> list[Check]:
        async with transaction(settings) as connection:
            access = await channels.load(connection, credentials_vault(settings.secrets()), named.id)
        if access is None:
            return []
        await platform.check(access.channel)
        webhook = [await _webhook(settings, named, access.channel, platform)] if _is_called(named.platform) else []
        return [_of_problem(name, access), *webhook]

    return await bounded(name, look, "Correct the channel's credentials.")


def _of_problem(name: str, access: ChannelAccess) -> Check:
    """What is known of the channel beside that its credentials are accepted now."""
    if access.problem is None:
        return Check(name)
    problem = f"It cannot speak since {access.problem.since:%Y-%m-%d %H:%M} UTC: {access.problem.text}"
    return fault(name, problem, f"Mend what it says; then: POST /v1/channels/{access.channel.id}/webhook.")


def _is_called(platform: PlatformName) -> bool:
    """Whether the platform can be asked whom it calls."""
    return platform is PlatformName.TELEGRAM


async def _webhook(settings: Settings, named: _Named, channel: Channel, platform: Platform) -> Check:
    name = f"webhook {named.name}"
    known, ours = await platform.inspect(channel), f"{settings.public_url}/webhooks/{named.platform}/{named.id}"
    if channel.settings.get("polling") is True:
        if known.url:
            problem = "The channel polls, but a webhook is set, which keeps Telegram from answering."
            return fault(name, problem, f"Remove it with: DELETE /v1/channels/{named.id}/webhook.")
        return Check(name)
    if known.url != ours:
        problem = "It calls another address than PUBLIC_URL's." if known.url else "No webhook is registered."
        return fault(name, problem, f"Register it with: POST /v1/channels/{named.id}/webhook.")
    if known.last_error:
        return warning(name, f"The last call failed: {known.last_error!r}.", "Look whether PUBLIC_URL reaches the API.")
    return Check(name)
