"""Putting a message into a channel: what Discord refuses about the place is mended once, and tried again.

Source: https://discord.com/developers/docs/resources/message#create-message
"""

from json import dumps
from urllib.parse import quote

from pydantic import JsonValue

from adapters.errors import Moved, OutcomeUnknown, OutsideError, Unacceptable
from adapters.http import Answer, Upload
from adapters.platforms.base import FILE, Channel, Payload, Receipt
from adapters.platforms.discord.calls import Calls, messages_of
from adapters.platforms.discord.errors import ChannelUnknown, ReferenceRefused, ThreadArchived, object_of
from adapters.platforms.discord.limits import pause_after
from adapters.platforms.discord.place import identity

_OURS = ("channel_id", "interaction", FILE)
"""Fields of a payload that say where it goes or what goes with it, and are not sent along."""


class Posting:
    """Says something in channels, with a file or without."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def say(self, channel: Channel, payload: Payload, deadline: float, file: Upload | None = None) -> Receipt:
        """Post a part; raises `Moved` for a person's id, whose conversation is opened first."""
        try:
            return await self._post(channel, payload, deadline, file)
        except ReferenceRefused:
            return await self._post(channel, without(payload, "message_reference"), deadline, file)
        except ThreadArchived:
            thread = f"/channels/{quote(str(payload.get('channel_id')), safe='')}"
            await self._calls.call(channel, "PATCH", thread, {"archived": False}, deadline)
            return await self._post(channel, payload, deadline, file)
        except ChannelUnknown as error:
            await self._open(channel, payload, deadline, error)
            raise

    async def _post(self, channel: Channel, payload: Payload, deadline: float, file: Upload | None) -> Receipt:
        path, body = messages_of(str(payload["channel_id"])), without(payload, *_OURS)
        if file is None:
            return _said(await self._calls.say(channel, path, body, deadline))
        fields = {"payload_json": dumps({**body, "attachments": [{"id": 0, "filename": file.name}]})}
        return _said(await self._calls.post_form(channel, path, fields, file, deadline))

    async def _open(self, channel: Channel, payload: Payload, deadline: float, error: OutsideError) -> None:
        person = payload.get("channel_id")
        try:
            opened = await self._calls.post(channel, "/users/@me/channels", {"recipient_id": person}, deadline)
        except Unacceptable:
            raise error from None
        chat = identity(opened, "id")
        if chat is not None and chat != person:
            raise Moved("Discord knows the conversation with this person by an id of its own", chat)


def _said(answer: Answer) -> Receipt:
    """The message, and how long nothing more may follow it."""
    return receipt_of(answer.json).model_copy(update={"pause": pause_after(answer.headers)})


def receipt_of(result: JsonValue) -> Receipt:
    """The message that Discord made of a part."""
    name = identity(object_of(result, "a message"), "id")
    if name is None:
        raise OutcomeUnknown("Discord's answer to a message names no message")
    return Receipt(platform_message_id=name)


def without(payload: Payload, *names: str) -> Payload:
    """The same part without these fields."""
    return {name: value for name, value in payload.items() if name not in names}
