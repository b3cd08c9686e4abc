"""The slash commands of a Discord app, beside `/ask`, which is always there.

Source: https://discord.com/developers/docs/interactions/application-commands#bulk-overwrite-global-application-commands
"""

from urllib.parse import quote

from pydantic import JsonValue

from adapters.platforms import menus
from adapters.platforms.base import Channel
from adapters.platforms.discord.calls import Calls
from adapters.platforms.discord.setup import ASK, ask_command, menu_command
from adapters.platforms.fields import reference
from domain.menus import Offers


class DiscordMenu:
    """Sets the app's global commands, all of them at once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def check(self, offers: Offers) -> None:
        """Discord shows more than a bot may have."""

    async def show(self, channel: Channel, offers: Offers) -> None:
        """Have these commands and `/ask`, and no others."""
        if offers.commands is None:
            return
        others = (menu_command(item) for item in offers.commands if item.command != ASK)
        listed: list[JsonValue] = [ask_command(), *others]
        await self._calls.put(channel, commands_of(channel), listed)

    async def shown(self, channel: Channel) -> Offers:
        """Ask for the commands."""
        told = await self._calls.get(channel, commands_of(channel), {})
        found = [item for item in told if isinstance(item, dict)] if isinstance(told, list) else []
        read = (menus.read(reference(item, "name"), reference(item, "description")) for item in found)
        return Offers(commands=tuple(command for command in read if command))

    async def hide(self, channel: Channel, offers: Offers) -> None:
        """Have `/ask` alone."""
        if offers.commands is not None:
            await self.show(channel, Offers(commands=()))


def commands_of(channel: Channel) -> str:
    """Where the app's global commands are."""
    return f"/applications/{quote(channel.secret('application_id'), safe='')}/commands"
