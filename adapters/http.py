"""The outgoing HTTP client for platforms: bounded in time and size, and sure of whether a request began to be written.

    before a byte was written    Unreachable
    after it, without an answer  OutcomeUnknown
    504                          OutcomeUnknown: the platform behind the gateway may have done it
    other 5xx, 408, 425, 3xx     Unreachable, with the platform's `Retry-After`
    2xx without its JSON         OutcomeUnknown: it may have been accepted
    2xx with JSON, 204, 4xx      an `Answer`

URLs may hold a token: no error names more than the host, and none carries httpx's own error, which holds the URL.
The loggers `httpx` and `httpcore` write URLs too and must stay at WARNING.
"""

import asyncio
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from json import dumps, loads
from ssl import SSLContext

import httpx
from pydantic import JsonValue

from adapters.errors import OutcomeUnknown, Unreachable

MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_WAIT = timedelta(hours=24)
"""The longest wait that is believed; a reply is given up before that."""
_CONNECT_SECONDS = 5.0
_TOTAL_SECONDS = 30.0
_KEEP_ALIVE_SECONDS = 4.0
"""Below the 5 s after which common servers hang up: a request on a connection that is just being closed is doubt."""
_LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=_KEEP_ALIVE_SECONDS)
_SECONDS = re.compile(r"-?[0-9]+(\.[0-9]*)?")
_TRY_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


@cache
def trusted() -> SSLContext:
    """Whom clients trust; read once, for reading all the certificates takes longer than most calls."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: header names in lower case; `json` is None where the body is empty or is not JSON."""

    status: int
    headers: Mapping[str, str]
    json: JsonValue


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back as it is; `body` is None where it was too long, or broke off."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as one field of a form."""

    field: str
    name: str
    type: str
    content: bytes


class Http:
    """Calls the platforms over one pool of connections; follows no redirect, keeps no cookie, reads no environment."""

    def __init__(self, version: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """`transport` takes the place of the usual connections, where not every address may be called."""
        self._client = httpx.AsyncClient(
            transport=transport,
            headers={"User-Agent": f"chat-orchestrator/{version}", "Accept-Encoding": "identity"},
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
            limits=_LIMITS,
            follow_redirects=False,
            verify=trusted(),
            trust_env=False,
        )

    async def post(
        self,
        url: str,
        json: Mapping[str, JsonValue],
        *,
        deadline: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST a JSON body; the rest as in `call`."""
        return await self.call("POST", url, json, deadline=deadline, headers=headers)

    async def call(
        self,
        method: str,
        url: str,
        json: Mapping[str, JsonValue] | list[JsonValue] | None = None,
        *,
        deadline: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request and its answer, over by `deadline` (seconds of the monotonic clock; default: in 30 s).

        Nothing is written once the deadline has passed.
        """
        body = None if json is None else dumps(json).encode()
        kind = {} if json is None else {"Content-Type": "application/json"}
        request = self._client.build_request(method, url, content=body, headers={**kind, **(headers or {})})
        return await self._exchanged(request, deadline)

    async def post_file(
        self,
        url: str,
        file: Upload,
        fields: Mapping[str, str],
        *,
        deadline: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST a form with a file in it; the rest as in `call`."""
        files = {file.field: (file.name, file.content, file.type)}
        request = self._client.build_request("POST", url, data=dict(fields), files=files, headers=headers)
        return await self._exchanged(request, deadline)

    async def post_bytes(self, url: str, content: bytes, *, deadline: float | None = None) -> Answer:
        """POST bare bytes, whatever a success says; the rest as in `call`."""
        kind = {"Content-Type": "application/octet-stream"}
        request = self._client.build_request("POST", url, content=content, headers=kind)
        return await self._exchanged(request, deadline, wants_json=False)

    async def hear(
        self,
        method: str,
        url: str,
        content: bytes | None,
        *,
        deadline: float,
        headers: Mapping[str, str],
        max_bytes: int,
    ) -> Heard:
        """One request whose answer may be anything, of any status; raises only where none came."""
        request = self._client.build_request(method, url, content=content, headers=headers)
        exchange = _Exchange(deadline, max_bytes)
        return exchange.heard(request.url.host, await exchange.run(self._client, request))

    async def _exchanged(self, request: httpx.Request, deadline: float | None, *, wants_json: bool = True) -> Answer:
        exchange = _Exchange(deadline if deadline is not None else time.monotonic() + _TOTAL_SECONDS)
        failure = await exchange.run(self._client, request)
        return exchange.outcome(request.url.host, failure, wants_json=wants_json)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


class _DeadlinePassed(Exception):
    """The deadline passed before the first byte was written."""


class _Exchange:
    """One request on its way, and how far it came."""

    def __init__(self, deadline: float, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._written = False
        self._status: int | None = None
        self._headers: Mapping[str, str] = {}
        self._body: bytes | None = None

    async def run(self, client: httpx.AsyncClient, request: httpx.Request) -> str | None:
        """Exchange request and answer; the name of what went wrong, None when nothing did."""
        remaining = self._deadline - time.monotonic()
        # TCP and TLS get half each: httpcore leaves a connection open that is cancelled within the handshake.
        connect = max(0.0, min(_CONNECT_SECONDS, remaining / 2))
        request.extensions = {"trace": self._trace, "timeout": httpx.Timeout(None, connect=connect).as_dict()}
        try:
            async with asyncio.timeout(remaining):
                response = await client.send(request, stream=True)
                try:
                    self._status, self._headers = response.status_code, dict(response.headers)
                    self._body = await _bounded(response, self._max_bytes)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, OSError, _DeadlinePassed) as error:
            return type(error).__name__.strip("_")
        return None

    async def _trace(self, event: str, _info: Mapping[str, object]) -> None:
        # httpcore calls this right before the first write on an open connection.
        if event == "http11.send_request_headers.started":
            if time.monotonic() >= self._deadline:
                raise _DeadlinePassed
            self._written = True

    def heard(self, host: str, failure: str | None) -> Heard:
        """The answer as it came, or what its absence means."""
        if self._status is not None:
            return Heard(self._status, self._headers, self._body)
        if self._written:
            raise OutcomeUnknown(f"{host} gave no answer to a request that was written ({failure})")
        raise Unreachable(f"{host} was not reached, nothing was written ({failure})")

    def outcome(self, host: str, failure: str | None, *, wants_json: bool = True) -> Answer:
        """The answer, or what its absence means."""
        status = self.heard(host, failure).status
        if status == HTTPStatus.GATEWAY_TIMEOUT:
            raise OutcomeUnknown(f"{host} answered 504: what is behind it may have done the request")
        answer = Answer(status, self._headers, _parsed(self._body))
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            if wants_json and answer.json is None and answer.status != HTTPStatus.NO_CONTENT:
                raise OutcomeUnknown(f"{host} answered {answer.status} without readable JSON ({failure or 'complete'})")
        elif failure or not _refuses(answer.status):
            wait = retry_after(answer.headers, datetime.now(UTC))
            raise Unreachable(f"{host} answered {answer.status}: not done, to be tried later", wait)
        return answer


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long `Retry-After` asks to wait, in either of its forms (RFC 9110, 10.2.3); None where it says nothing."""
    value = headers.get("retry-after", "").strip()
    try:
        return wait_of(float(value) if _SECONDS.fullmatch(value) else (_moment(value) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def wait_of(seconds: float) -> timedelta | None:
    """A wait as a platform states it, between nothing and `MAX_WAIT`; None for what is no number."""
    if math.isnan(seconds):
        return None
    return timedelta(seconds=min(max(seconds, 0.0), MAX_WAIT.total_seconds()))


def _moment(value: str) -> datetime:
    moment = parsedate_to_datetime(value)
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _refuses(status: int) -> bool:
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _TRY_LATER


async def _bounded(response: httpx.Response, max_bytes: int) -> bytes | None:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > max_bytes:
            return None
    return bytes(body)


def _parsed(body: bytes | None) -> JsonValue:
    try:
        value: JsonValue = loads(body or b"null")
    except (ValueError, RecursionError):
        return None
    return value
