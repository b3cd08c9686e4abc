"""Calls of the Graph API: for a page by the page's token, for the app by its id and secret."""

from urllib.parse import quote, urlencode

from adapters.errors import CredentialsRefused
from adapters.http import Http
from adapters.platforms.base import Channel, Payload
from adapters.platforms.fields import Fields
from adapters.platforms.graph.refusals import result_of
from adapters.platforms.messenger.errors import BY_SUBCODE, MEANINGS


class Calls:
    """Speaks the Graph API at `api_url` in `version`."""

    def __init__(self, http: Http, api_url: str, version: str) -> None:
        self._http = http
        self._api_url = f"{api_url.rstrip('/')}/{version}"

    async def of_page(
        self, channel: Channel, method: str, edge: str, body: Payload | None = None, deadline: float | None = None
    ) -> Fields:
        """Something that the page has, such as `messages`."""
        page = _needed(channel, "page_id")
        return await self._call(method, f"{quote(page, safe='')}/{edge}", _page_token(channel), body, deadline)

    async def of_me(
        self, channel: Channel, method: str, edge: str = "", *, fields: str = "", body: Payload | None = None
    ) -> Fields:
        """Something of whoever the page's token is for."""
        path = f"me/{edge}".rstrip("/") + (f"?{urlencode({'fields': fields})}" if fields else "")
        return await self._call(method, path, _page_token(channel), body)

    async def of_app(self, channel: Channel, method: str, edge: str, body: Payload | None = None) -> Fields:
        """Something that the app has, such as `subscriptions`."""
        app, secret = _needed(channel, "app_id"), _needed(channel, "app_secret")
        return await self._call(method, f"{quote(app, safe='')}/{edge}", f"{app}|{secret}", body)

    async def _call(
        self, method: str, path: str, token: str, body: Payload | None = None, deadline: float | None = None
    ) -> Fields:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self._http.call(method, f"{self._api_url}/{path}", body, deadline=deadline, headers=headers)
        return result_of(answer, f"{method} {path.partition('?')[0]}", MEANINGS, BY_SUBCODE)


def _page_token(channel: Channel) -> str:
    return _needed(channel, "page_access_token")


def _needed(channel: Channel, name: str) -> str:
    value = channel.secret(name)
    if not value:
        raise CredentialsRefused(f"the channel has no {name}; set it")
    return value
