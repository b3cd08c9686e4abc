"""Changing what the bot said: https://discord.com/developers/docs/resources/message#edit-message

The answer to an interaction is a message of the bot like any other one once it stands.
"""

from urllib.parse import quote

from adapters.errors import ChangeRefused, MessageGone
from adapters.platforms.base import Channel, Payload
from adapters.platforms.discord.calls import Calls, messages_of
from adapters.platforms.discord.errors import InteractionOver, InteractionUnknown

_EDITABLE = ("content", "components", "allowed_mentions", "flags")


class DiscordChanges:
    """Edits and deletes messages of the bot."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def chat_of(self, payload: Payload) -> str:
        """The channel in which a part was put."""
        return str(payload["channel_id"])

    async def edit(self, channel: Channel, payload: Payload, platform_message_id: str, deadline: float) -> None:
        """Have a message say what this part says."""
        body = {name: payload[name] for name in _EDITABLE if name in payload}
        await self._change(channel, "PATCH", payload, platform_message_id, body, deadline)

    async def delete(self, channel: Channel, payload: Payload, platform_message_id: str, deadline: float) -> None:
        """Take a message away."""
        await self._change(channel, "DELETE", payload, platform_message_id, None, deadline)

    async def _change(
        self, channel: Channel, method: str, payload: Payload, name: str, body: Payload | None, deadline: float
    ) -> None:
        path = f"{messages_of(self.chat_of(payload))}/{quote(name, safe='')}"
        try:
            await self._calls.call(channel, method, path, body, deadline)
        except InteractionUnknown as error:
            raise MessageGone(str(error)) from error
        except InteractionOver as error:
            raise ChangeRefused(str(error)) from error
