"""Calls of the REST API: with the bot's token, or for interactions with theirs alone."""

from collections.abc import Mapping
from importlib.metadata import version
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from adapters.errors import CredentialsRefused
from adapters.http import Answer, Http, Upload
from adapters.platforms.base import Channel, Payload
from adapters.platforms.discord.errors import object_of, result_of
from adapters.platforms.fields import Fields

_AGENT = f"DiscordBot (https://github.com/chat-orchestrator, {version('chat-orchestrator')})"
"""Discord answers 403 to whoever does not name itself so: https://discord.com/developers/docs/reference#user-agent"""


class Calls:
    """Speaks to the REST API at `api_url`, which names its version."""

    def __init__(self, http: Http, api_url: str) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")

    async def post(self, channel: Channel, path: str, body: Payload, deadline: float | None = None) -> Fields:
        """Have something done that answers with an object; raises from `adapters.errors`."""
        return object_of(await self.call(channel, "POST", path, body, deadline), named(path))

    async def say(self, channel: Channel, path: str, body: Payload, deadline: float) -> Answer:
        """POST a message; the answer with its headers, which tell how many more may follow."""
        return await self._exchange("POST", path, body, deadline, _by(channel))

    async def call(
        self, channel: Channel, method: str, path: str, body: Payload | None = None, deadline: float | None = None
    ) -> JsonValue:
        """One call of the bot and what it answers, None without a body; raises from `adapters.errors`."""
        return await self._call(method, path, body, deadline, _by(channel))

    async def put(self, channel: Channel, path: str, items: list[JsonValue]) -> JsonValue:
        """Replace a list as a whole."""
        sent = {**_by(channel), "User-Agent": _AGENT}
        answer = await self._http.call("PUT", f"{self._api_url}{path}", items, headers=sent)
        return result_of(answer, f"PUT {named(path)}")

    async def post_form(
        self, channel: Channel, path: str, fields: Mapping[str, str], file: Upload, deadline: float
    ) -> Answer:
        """POST a form with a file in it; the rest as in `say`."""
        sent, url = {**_by(channel), "User-Agent": _AGENT}, f"{self._api_url}{path}"
        answer = await self._http.post_file(url, file, fields, deadline=deadline, headers=sent)
        result_of(answer, f"POST {named(path)}")
        return answer

    async def get(
        self, channel: Channel, path: str, query: Mapping[str, str], deadline: float | None = None
    ) -> JsonValue:
        """Ask for something."""
        return await self.call(channel, "GET", f"{path}?{urlencode(query)}" if query else path, None, deadline)

    async def respond(self, method: str, path: str, body: Payload | None, deadline: float | None = None) -> JsonValue:
        """A call that the token in its path allows."""
        return await self._call(method, path, body, deadline, {})

    async def _call(
        self, method: str, path: str, body: Payload | None, deadline: float | None, headers: Mapping[str, str]
    ) -> JsonValue:
        return (await self._exchange(method, path, body, deadline, headers)).json

    async def _exchange(
        self, method: str, path: str, body: Payload | None, deadline: float | None, headers: Mapping[str, str]
    ) -> Answer:
        sent = {**headers, "User-Agent": _AGENT}
        answer = await self._http.call(method, f"{self._api_url}{path}", body, deadline=deadline, headers=sent)
        result_of(answer, f"{method} {named(path)}")
        return answer


def messages_of(chat: str) -> str:
    """Where a channel's messages are."""
    return f"/channels/{quote(chat, safe='')}/messages"


def original_of(application: str, token: str) -> str:
    """Where the answer to an interaction is."""
    return f"/webhooks/{quote(application, safe='')}/{quote(token, safe='')}/messages/@original"


def named(path: str) -> str:
    """A path as an error may name it: without ids and tokens."""
    return "/".join(piece for piece in path.partition("?")[0].split("/") if piece.strip("@_-").isalpha())[:80]


def _by(channel: Channel) -> dict[str, str]:
    return {"Authorization": f"Bot {_token(channel)}"}


def _token(channel: Channel) -> str:
    token = channel.secret("bot_token")
    if not (token and token.isascii() and token.isprintable() and " " not in token):
        raise CredentialsRefused("the channel has no usable credential `bot_token`; copy it from the app's page Bot")
    return token
