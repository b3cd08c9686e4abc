"""What a number offers: its conversational components, commands and ice breakers.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/conversational-components
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import regex  # type: ignore[import-untyped]  # the package ships no type information
from pydantic import JsonValue

from adapters.errors import Unacceptable
from adapters.platforms import menus
from adapters.platforms.base import Channel, Payload
from adapters.platforms.fields import Fields, part, parts, reference
from adapters.platforms.graph.events import items
from domain.menus import Command, Offers

_AUTOMATION = "conversational_automation"
_COMMANDS, _PROMPTS = "commands", "prompts"
_MAX_COMMANDS = 30
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\uFE0F")

Post: TypeAlias = Callable[[Channel, str, Payload], Awaitable[Fields]]
"""Sets something of the number."""
Get: TypeAlias = Callable[[Channel, str], Awaitable[Fields]]
"""Asks for fields of the number."""


class WhatsAppMenu:
    """Sets what a contact sees who types `/`, and what one who has not written yet can ask by a press."""

    def __init__(self, post: Post, get: Get) -> None:
        self._post = post
        self._get = get

    def check(self, offers: Offers) -> None:
        """Refuse more commands than WhatsApp shows, and emojis, which it takes in neither."""
        commands = offers.commands or ()
        if len(commands) > _MAX_COMMANDS:
            raise Unacceptable(
                f"WhatsApp shows at most {_MAX_COMMANDS} commands, and the bot has {len(commands)}; leave some out"
            )
        for said in (*(item.description for item in commands), *(offers.ice_breakers or ())):
            if _EMOJI.search(said):
                raise Unacceptable(f"WhatsApp takes no emojis in commands and ice breakers; remove it from {said!r}")

    async def show(self, channel: Channel, offers: Offers) -> None:
        """Set the commands and the ice breakers."""
        self.check(offers)
        body: dict[str, JsonValue] = {}
        if offers.commands is not None:
            body[_COMMANDS] = [_command(item) for item in offers.commands]
        if offers.ice_breakers is not None:
            body[_PROMPTS] = [*offers.ice_breakers]
        if body:
            await self._post(channel, _AUTOMATION, body)

    async def shown(self, channel: Channel) -> Offers:
        """Ask for both."""
        found = part(await self._get(channel, _AUTOMATION), _AUTOMATION)
        commands = (
            menus.read(reference(item, "command_name"), reference(item, "command_description"))
            for item in parts(found, _COMMANDS)
        )
        return Offers(
            commands=tuple(item for item in commands if item),
            ice_breakers=tuple(item for item in items(found, _PROMPTS) if isinstance(item, str)),
        )

    async def hide(self, channel: Channel, offers: Offers) -> None:
        """Set none; whether a welcome is asked for stays as it is."""
        kinds = {"commands": offers.commands, "ice_breakers": offers.ice_breakers}
        await self.show(channel, Offers.model_validate({name: () for name, kind in kinds.items() if kind is not None}))


def _command(item: Command) -> JsonValue:
    return {"command_name": item.command, "command_description": item.description}
