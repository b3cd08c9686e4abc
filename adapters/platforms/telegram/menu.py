"""The menu of a Telegram bot: https://core.telegram.org/bots/api#setmycommands, for everybody in every language."""

from pydantic import JsonValue

from adapters.platforms import menus
from adapters.platforms.base import Channel
from adapters.platforms.fields import reference
from adapters.platforms.telegram.calls import Calls
from domain.menus import Offers


class TelegramMenu:
    """Sets what stands behind the button beside the field."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def check(self, offers: Offers) -> None:
        """Telegram shows more than a bot may have."""

    async def show(self, channel: Channel, offers: Offers) -> None:
        """Set the commands."""
        if offers.commands is None:
            return
        listed: list[JsonValue] = [command.model_dump() for command in offers.commands]
        await self._calls.post(channel, "setMyCommands", {"commands": listed})

    async def shown(self, channel: Channel) -> Offers:
        """Ask for the commands."""
        told = await self._calls.post(channel, "getMyCommands", {})
        found = [item for item in told if isinstance(item, dict)] if isinstance(told, list) else []
        read = (menus.read(reference(item, "command"), reference(item, "description")) for item in found)
        return Offers(commands=tuple(command for command in read if command))

    async def hide(self, channel: Channel, offers: Offers) -> None:
        """Delete the commands."""
        if offers.commands is not None:
            await self._calls.post(channel, "deleteMyCommands", {})
