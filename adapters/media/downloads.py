"""Fetching files from outside: bounded in time and size, few redirects, no private address, no token for strangers."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import httpcore

from adapters.errors import CredentialsRefused, Never, NotPermitted, Unacceptable, Unreachable
from adapters.http import retry_after, trusted
from adapters.media.addresses import GuardedBackend
from adapters.media.base import Source
from adapters.media.store import MediaTooLarge
from domain.media import MAX_MEDIA_BYTES

_MAX_REDIRECTS = 3
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 15.0
_PORTS = {"http": 80, "https": 443}
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


class Downloader:
    """Fetches by GET over https; plain http and private addresses only at the exempt addresses."""

    def __init__(self, version: str, exempt: Iterable[str] = ()) -> None:
        self._exempt = frozenset(_authority(url) for url in exempt)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=20,
            keepalive_expiry=4.0,
            network_backend=GuardedBackend(self._exempt),
        )
        self._own = [("User-Agent", f"chat-orchestrator/{version}"), ("Accept-Encoding", "identity")]

    @asynccontextmanager
    async def fetch(self, source: Source, seconds: float) -> AsyncIterator[AsyncIterable[bytes]]:
        """The bytes of a source; raises from `adapters.errors`, also while they are read."""
        try:
            async with asyncio.timeout(seconds):
                async with self._opened(source) as response:
                    yield response.aiter_stream()
        except TimeoutError:
            raise Unreachable(f"the file did not arrive within {seconds:.0f} s") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise Unreachable(f"the file could not be fetched ({type(error).__name__})") from None

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    @asynccontextmanager
    async def _opened(self, source: Source) -> AsyncIterator[httpcore.Response]:
        url, headers = source.url, [(name, value.get_secret_value()) for name, value in source.headers.items()]
        for _ in range(_MAX_REDIRECTS + 1):
            self._demand_permitted(url)
            sent = headers if _authority(url) == _authority(source.url) else []
            timeout = {
                "connect": _CONNECT_SECONDS,
                "read": _READ_SECONDS,
                "write": _READ_SECONDS,
                "pool": _READ_SECONDS,
            }
            request = self._pool.stream("GET", url, headers=[*self._own, *sent], extensions={"timeout": timeout})
            async with request as response:
                location = _location(response)
                if location is None:
                    _demand_success(response)
                    yield response
                    return
                url = urljoin(url, location)
        raise Unacceptable(f"the file is behind more than {_MAX_REDIRECTS} redirects")

    def _demand_permitted(self, url: str) -> None:
        scheme, host, port = _parts(url)
        if (host, port) in self._exempt:
            return
        if scheme != "https" or port != _PORTS["https"]:
            raise NotPermitted("files are fetched over https, from its own port")


def _parts(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme not in _PORTS or parts.username or parts.password or not url.isascii():
        raise Unacceptable("the file's address is not of the form https://host/path")
    return parts.scheme, host.rstrip("."), port


def _authority(url: str) -> tuple[str, int]:
    _, host, port = _parts(url)
    return host, port


def _location(response: httpcore.Response) -> str | None:
    if not HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        return None
    found = next((value for name, value in response.headers if name.lower() == b"location"), None)
    if found is None:
        raise Unacceptable(f"the file's host answered {response.status} and did not say where it went")
    return found.decode("latin-1")


def _demand_success(response: httpcore.Response) -> None:
    status = response.status
    if status == HTTPStatus.OK:
        declared = next((value for name, value in response.headers if name.lower() == b"content-length"), b"")
        if declared.isdigit() and int(declared[:18]) > MAX_MEDIA_BYTES:
            raise MediaTooLarge(f"the file has more than {MAX_MEDIA_BYTES} bytes")
        return
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATER:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        raise Unreachable(f"the file's host answered {status}", retry_after(headers, datetime.now(UTC)))
    kind: type[Never] = CredentialsRefused if status in _REFUSED else Unacceptable
    raise kind(f"the file's host answered {status}")
