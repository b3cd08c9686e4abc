"""Reading a channel's history: what was sent with a mark, and what was said while nobody listened.

Sources: https://discord.com/developers/docs/resources/message#get-channel-messages and #create-message
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from hashlib import sha256
from operator import itemgetter

from pydantic import JsonValue

from adapters.errors import NotPermitted
from adapters.platforms.base import Channel, Payload, file_of
from adapters.platforms.discord.calls import Calls, messages_of
from adapters.platforms.discord.place import Me, identity, me_of, snowflake_at
from adapters.platforms.fields import Fields, count, part, parts, reference, text

NONCE_KEPT = timedelta(minutes=2)
"""How long Discord surely knows a nonce: of "the past few minutes" less than was ever seen to be too much."""
_PAGE = 100
_SKEW = timedelta(minutes=1)
"""How far Discord's clock and ours may be apart."""
_SPACE = re.compile(r"\s+")


def with_nonce(payload: Payload, mark: str) -> Payload:
    """The body of a send by which Discord itself knows a repeat of it; a nonce has at most 25 characters."""
    nonce = urlsafe_b64encode(sha256(mark.encode()).digest()[:15]).decode()
    return {**payload, "nonce": nonce, "enforce_nonce": True}


class History:
    """Reads the messages of channels."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def find(self, channel: Channel, payload: Payload, since: datetime, deadline: float) -> str | None:
        """The id of the message that this payload became; None when there surely is none.

        Discord forgets nonces, so that after some minutes a message of ours is known by its words. Raises
        `NotPermitted` where the bot may not read the history: Discord shows an empty one then.
        """
        chat, me, seen = str(payload.get("channel_id")), me_of(channel), False
        async for message in self.after(channel, chat, snowflake_at(since - _SKEW), deadline):
            seen = True
            if me.wrote(message) and _is_same(message, payload, me):
                return identity(message, "id")
        if not seen and not await self._page(channel, chat, {"limit": "1"}, deadline):
            raise NotPermitted("Discord shows no message of the channel; give the bot Read Message History")
        return None

    async def after(
        self, channel: Channel, chat: str, snowflake: int, deadline: float | None = None
    ) -> AsyncIterator[Fields]:
        """The messages of a channel behind a snowflake, oldest first."""
        while True:
            query = {"after": str(snowflake), "limit": str(_PAGE)}
            page = await self._page(channel, chat, query, deadline)
            newer = sorted(
                ((int(name), item) for item in page if (name := identity(item, "id")) is not None), key=itemgetter(0)
            )
            for _, message in newer:
                yield message
            if len(page) < _PAGE or not newer or newer[-1][0] <= snowflake:
                return
            snowflake = newer[-1][0]

    async def _page(self, channel: Channel, chat: str, query: dict[str, str], deadline: float | None) -> list[Fields]:
        found: JsonValue = await self._calls.get(channel, messages_of(chat), query, deadline)
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _is_same(message: Fields, payload: Payload, me: Me) -> bool:
    nonce = reference(message, "nonce")
    if nonce is not None:
        return nonce == payload.get("nonce")
    return is_said(message, payload)


def is_said(message: Fields, payload: Payload) -> bool:
    """Whether a message has a payload's words, which Discord trims, and its file, whose name Discord may change."""
    file = file_of(payload)
    sizes = [count(attached, "size") for attached in parts(message, "attachments")]
    same_words = _words(text(message, "content")) == _words(text(payload, "content"))
    return same_words and sizes == ([file.size_bytes] if file else [])


def _words(content: str | None) -> str:
    return _SPACE.sub(" ", content or "").strip()


def interaction_of(payload: Payload) -> tuple[str, str] | None:
    """The id and the token of the interaction that a payload answers."""
    found = part(payload, "interaction")
    name, token = reference(found, "interaction"), reference(found, "token")
    return (name, token) if name and token else None
