"""Calls of the Graph API: for a page by the page's token, for the app by its id and secret."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from adapters.errors import CredentialsRefused
from adapters.http import Http, Upload
from adapters.platforms.base import Channel, Payload
from adapters.platforms.fields import Fields
from adapters.platforms.graph.refusals import result_of
from adapters.platforms.messenger.errors import BY_SUBCODE, MEANINGS, WAITS


class Calls:
    """Speaks the Graph API at `api_url` in `version`."""

    def __init__(self, http: Http, api_url: str, version: str) -> None:
        self._http = http
        self._api_url = f"{api_url.rstrip('/')}/{version}"

    async def of_page(
        self, channel: Channel, method: str, edge: str, body: Payload | None = None, deadline: float | None = None
    ) -> Fields:
        """Something that the page has, such as `messages`."""
        return await self._call(method, _of_page(channel, edge), _page_token(channel), body, deadline)

    async def post_form(
        self, channel: Channel, edge: str, fields: Mapping[str, str], file: Upload, deadline: float
    ) -> Fields:
        """The same by a form with a file in it."""
        path, headers = _of_page(channel, edge), _by(_page_token(channel))
        url = f"{self._api_url}/{path}"
        answer = await self._http.post_file(url, file, fields, deadline=deadline, headers=headers)
        return result_of(answer, f"POST {path}", MEANINGS, BY_SUBCODE, WAITS)

    async def of_me(
        self, channel: Channel, method: str, edge: str = "", *, fields: str = "", body: Payload | None = None
    ) -> Fields:
        """Something of whoever the page's token is for."""
        path = f"me/{edge}".rstrip("/") + (f"?{urlencode({'fields': fields})}" if fields else "")
        return await self._call(method, path, _page_token(channel), body)

    async def of_person(self, channel: Channel, psid: str, fields: str) -> Fields:
        """Something of a person who has written to the page."""
        path = f"{quote(psid, safe='')}?{urlencode({'fields': fields})}"
        return await self._call("GET", path, _page_token(channel))

    async def of_app(self, channel: Channel, method: str, edge: str, body: Payload | None = None) -> Fields:
        """Something that the app has, such as `subscriptions`."""
        app, secret = _needed(channel, "app_id"), _needed(channel, "app_secret")
        return await self._call(method, f"{quote(app, safe='')}/{edge}", f"{app}|{secret}", body)

    async def _call(
        self, method: str, path: str, token: str, body: Payload | None = None, deadline: float | None = None
    ) -> Fields:
        url, headers = f"{self._api_url}/{path}", _by(token)
        answer = await self._http.call(method, url, body, deadline=deadline, headers=headers)
        return result_of(answer, f"{method} {path.partition('?')[0]}", MEANINGS, BY_SUBCODE, WAITS)


def _of_page(channel: Channel, edge: str) -> str:
    return f"{quote(_needed(channel, 'page_id'), safe='')}/{edge}"


def _by(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _page_token(channel: Channel) -> str:
    return _needed(channel, "page_access_token")


def _needed(channel: Channel, name: str) -> str:
    value = channel.secret(name)
    if not value:
        raise CredentialsRefused(f"the channel has no {name}; set it")
    return value
