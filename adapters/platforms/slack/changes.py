"""Changing what the bot said: https://docs.slack.dev/reference/methods/chat.update, and chat.delete."""

from adapters.errors import ChangeRefused
from adapters.platforms.base import Channel, Payload
from adapters.platforms.slack.calls import Calls
from adapters.platforms.slack.responses import RESPONDED

_EDITABLE = ("channel", "text", "blocks", "metadata")


class SlackChanges:
    """Edits and deletes messages of the bot."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def chat_of(self, payload: Payload) -> str:
        """The channel in which a part was put."""
        return str(payload["channel"])

    async def edit(self, channel: Channel, payload: Payload, platform_message_id: str, deadline: float) -> None:
        """Have a message say what this part says."""
        _demand_changeable(platform_message_id)
        body = {name: payload[name] for name in _EDITABLE if name in payload}
        await self._calls.post(channel, "chat.update", {**body, "ts": platform_message_id}, deadline)

    async def delete(self, channel: Channel, payload: Payload, platform_message_id: str, deadline: float) -> None:
        """Take a message away; a file that it shared stays in the workspace."""
        _demand_changeable(platform_message_id)
        body: Payload = {"channel": payload["channel"], "ts": platform_message_id}
        await self._calls.post(channel, "chat.delete", body, deadline)


def _demand_changeable(platform_message_id: str) -> None:
    if platform_message_id.startswith(RESPONDED):
        raise ChangeRefused("an answer to a command where the bot is no member cannot be changed")
