"""Calls of the Web API: with the bot's token in a header, and what they answer or refuse."""

from collections.abc import Mapping
from urllib.parse import urlencode

from adapters.errors import CredentialsRefused
from adapters.http import Http
from adapters.platforms.base import Channel, Payload
from adapters.platforms.fields import Fields
from adapters.platforms.slack.errors import result_of

_JSON = "application/json; charset=utf-8"
"""Slack warns of JSON without its charset."""


class Calls:
    """Speaks to the Web API at `api_url`."""

    def __init__(self, http: Http, api_url: str) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")

    async def post(self, channel: Channel, method: str, body: Payload, deadline: float | None = None) -> Fields:
        """Have a method do something; raises from `adapters.errors`."""
        headers = {**authorization(channel), "Content-Type": _JSON}
        answer = await self._http.post(f"{self._api_url}/{method}", body, deadline=deadline, headers=headers)
        return result_of(answer, method)

    async def get(self, channel: Channel, method: str, query: Mapping[str, str], deadline: float | None) -> Fields:
        """Ask a method that reads: those take no JSON. Raises from `adapters.errors`."""
        url = f"{self._api_url}/{method}?{urlencode(query)}"
        answer = await self._http.call("GET", url, deadline=deadline, headers=authorization(channel))
        return result_of(answer, method)


def authorization(channel: Channel) -> dict[str, str]:
    """The header that carries the bot's token; raises `CredentialsRefused` without one."""
    token = channel.secret("bot_token")
    if not (token and token.isascii() and token.isprintable()):
        raise CredentialsRefused("the channel has no usable credential `bot_token`; set the app's Bot User OAuth Token")
    return {"Authorization": f"Bearer {token}"}
