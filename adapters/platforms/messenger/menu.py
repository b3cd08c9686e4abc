"""The menu of a page's bot: the property `commands` of its profile.

Source: https://developers.facebook.com/docs/messenger-platform/reference/messenger-profile-api/commands
"""

from collections.abc import Sequence

from pydantic import JsonValue

from adapters.platforms import menus
from adapters.platforms.base import Channel
from adapters.platforms.fields import parts, reference
from adapters.platforms.messenger.calls import Calls
from domain.bots import Command
from domain.text import shortened

_PROFILE, _COMMANDS, _DEFAULT = "messenger_profile", "commands", "default"
_MAX_DESCRIPTION_CHARACTERS = 64


class MessengerMenu:
    """Sets what stands behind the button beside the field."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def show(self, channel: Channel, commands: Sequence[Command]) -> None:
        """Set the commands, for every language."""
        listed: list[JsonValue] = [
            {"name": item.command, "description": shortened(item.description, _MAX_DESCRIPTION_CHARACTERS)}
            for item in commands
        ]
        body: dict[str, JsonValue] = {_COMMANDS: [{"locale": _DEFAULT, "commands": listed}]}
        await self._calls.of_me(channel, "POST", _PROFILE, body=body)

    async def shown(self, channel: Channel) -> tuple[Command, ...]:
        """Ask for the commands that are shown where no language has its own."""
        profile = await self._calls.of_me(channel, "GET", _PROFILE, fields=_COMMANDS)
        of_locales = [item for told in parts(profile, "data") for item in parts(told, _COMMANDS)]
        found = next((parts(item, "commands") for item in of_locales if item.get("locale") == _DEFAULT), [])
        read = (menus.read(reference(item, "name"), reference(item, "description")) for item in found)
        return tuple(command for command in read if command)

    async def hide(self, channel: Channel) -> None:
        """Delete the property; the rest of the profile stays."""
        await self._calls.of_me(channel, "DELETE", _PROFILE, body={"fields": [_COMMANDS]})
