"""Changing what the bot said: https://core.telegram.org/bots/api#updating-messages

A bot's own text can be edited for as long as it stands, and deleted for 48 hours.
"""

from contextlib import suppress

from adapters.platforms.base import Channel, Payload
from adapters.platforms.telegram.calls import Calls
from adapters.platforms.telegram.errors import Needless

_EDITABLE = ("chat_id", "text", "entities", "link_preview_options", "reply_markup")
"""Fields of a part that an edit takes; a keyboard that is left out goes."""


class TelegramChanges:
    """Edits and deletes messages of the bot."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def chat_of(self, payload: Payload) -> str:
        """The chat in which a part was put."""
        return str(payload["chat_id"])

    async def edit(self, channel: Channel, payload: Payload, platform_message_id: str, deadline: float) -> None:
        """Have a message say what this part says."""
        body = {name: payload[name] for name in _EDITABLE if name in payload}
        with suppress(Needless):
            await self._calls.post(channel, "editMessageText", {**body, **_named(platform_message_id)}, deadline)

    async def delete(self, channel: Channel, payload: Payload, platform_message_id: str, deadline: float) -> None:
        """Take a message away."""
        body: Payload = {"chat_id": payload["chat_id"], **_named(platform_message_id)}
        with suppress(Needless):
            await self._calls.post(channel, "deleteMessage", body, deadline)


def _named(platform_message_id: str) -> Payload:
    return {"message_id": int(platform_message_id)}
