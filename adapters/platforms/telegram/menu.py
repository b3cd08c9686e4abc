"""The menu of a Telegram bot: https://core.telegram.org/bots/api#setmycommands, for everybody in every language."""

from collections.abc import Sequence

from pydantic import JsonValue

from adapters.platforms import menus
from adapters.platforms.base import Channel
from adapters.platforms.fields import reference
from adapters.platforms.telegram.calls import Calls
from domain.bots import Command


class TelegramMenu:
    """Sets what stands behind the button beside the field."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def show(self, channel: Channel, commands: Sequence[Command]) -> None:
        """Set the commands."""
        listed: list[JsonValue] = [command.model_dump() for command in commands]
        await self._calls.post(channel, "setMyCommands", {"commands": listed})

    async def shown(self, channel: Channel) -> tuple[Command, ...]:
        """Ask for the commands."""
        told = await self._calls.post(channel, "getMyCommands", {})
        found = [item for item in told if isinstance(item, dict)] if isinstance(told, list) else []
        read = (menus.read(reference(item, "command"), reference(item, "description")) for item in found)
        return tuple(command for command in read if command)

    async def hide(self, channel: Channel) -> None:
        """Delete the commands."""
        await self._calls.post(channel, "deleteMyCommands", {})
