"""The answers to interactions: written where the bot was "thinking…", found again, or taken away.

Sources: https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages,
https://discord.com/developers/docs/resources/webhook#edit-webhook-message
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from adapters.errors import Unreachable
from adapters.platforms.base import Channel, Payload, Receipt
from adapters.platforms.discord.calls import Calls, original_of
from adapters.platforms.discord.errors import InteractionOver, InteractionUnknown, object_of
from adapters.platforms.discord.history import is_said
from adapters.platforms.discord.place import moment_of
from adapters.platforms.discord.posting import receipt_of

_ANSWER = ("content", "allowed_mentions", "components", "flags")
"""Fields of a payload that the answer to an interaction may have; of the flags, that it shows no previews."""
_ACKNOWLEDGED_WITHIN = timedelta(seconds=10)
"""Discord waits three seconds; the rest is what its clock and ours may be apart."""


class Answers:
    """Writes and takes away what stands where the bot was thinking: each interaction has one such message.

    An interaction is named by its id and its token, which Discord knows for fifteen minutes.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def complete(
        self, channel: Channel, interaction: tuple[str, str], payload: Payload, deadline: float
    ) -> Receipt | None:
        """Answer an interaction, None where it is too late for that."""
        body: dict[str, JsonValue] = {name: payload[name] for name in _ANSWER if name in payload}
        try:
            return receipt_of(await self._call(channel, "PATCH", interaction, body, deadline))
        except InteractionUnknown as error:
            _demand_late(interaction, error)
        except InteractionOver:
            return None
        return None

    async def find(
        self, channel: Channel, interaction: tuple[str, str], payload: Payload, deadline: float
    ) -> tuple[bool, Receipt | None]:
        """Whether there is an answer at all, and it where it is this one."""
        with suppress(InteractionOver):
            original = await self._call(channel, "GET", interaction, None, deadline)
            return True, receipt_of(original) if is_said(object_of(original, "the answer"), payload) else None
        return False, None

    async def withdraw(self, channel: Channel, answer_by: Mapping[str, str], deadline: float) -> None:
        """Have the bot think no longer; what is gone already, or with its fifteen minutes, is as good."""
        interaction = answer_by["interaction"], answer_by["token"]
        try:
            await self._call(channel, "DELETE", interaction, None, deadline)
        except InteractionUnknown as error:
            _demand_late(interaction, error)
        except InteractionOver:
            return

    async def _call(
        self, channel: Channel, method: str, interaction: tuple[str, str], body: Payload | None, deadline: float
    ) -> JsonValue:
        path = original_of(channel.secret("application_id"), interaction[1])
        return await self._calls.respond(method, path, body, deadline)


def _demand_late(interaction: tuple[str, str], error: InteractionUnknown) -> None:
    """Raise `Unreachable` where Discord may be called before it has taken in that there will be an answer."""
    begun = moment_of(interaction[0])
    if begun is not None and datetime.now(UTC) - begun < _ACKNOWLEDGED_WITHIN:
        raise Unreachable(f"{error}; it may not be acknowledged yet", timedelta(seconds=1)) from error
