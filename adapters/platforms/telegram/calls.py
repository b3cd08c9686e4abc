"""Calls of the Bot API: with the token in the address, and what they answer or refuse."""

from collections.abc import Mapping
from urllib.parse import quote

from pydantic import JsonValue

from adapters.errors import CredentialsRefused, OutcomeUnknown
from adapters.http import Http, Upload
from adapters.platforms.base import Channel, Payload
from adapters.platforms.fields import Fields
from adapters.platforms.telegram.errors import result_of


class Calls:
    """Speaks to the Bot API at `api_url`."""

    def __init__(self, http: Http, api_url: str) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")

    async def post(self, channel: Channel, method: str, body: Payload, deadline: float | None = None) -> JsonValue:
        """Have a method do something; raises from `adapters.errors`."""
        return result_of(await self._http.post(self._url(channel, method), body, deadline=deadline), method)

    async def post_file(
        self, channel: Channel, method: str, fields: Mapping[str, str], upload: Upload, deadline: float
    ) -> JsonValue:
        """The same by a form with a file in it."""
        answer = await self._http.post_file(self._url(channel, method), upload, fields, deadline=deadline)
        return result_of(answer, method)

    def file_url(self, channel: Channel, path: str) -> str:
        """Where a file lies; the address holds the token."""
        return f"{self._api_url}/file/bot{quote(_token(channel), safe=':')}/{quote(path)}"

    def _url(self, channel: Channel, method: str) -> str:
        return f"{self._api_url}/bot{quote(_token(channel), safe=':')}/{method}"


def object_of(result: JsonValue, method: str) -> Fields:
    """An answer that has to be an object."""
    if not isinstance(result, dict):
        raise OutcomeUnknown(f"Telegram's answer to {method} holds a {type(result).__name__}, not an object")
    return result


def _token(channel: Channel) -> str:
    token = channel.secret("token")
    if not token:
        raise CredentialsRefused("the channel has no credential `token`; set the one that @BotFather gave")
    return token
