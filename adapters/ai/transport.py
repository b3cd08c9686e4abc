"""The connections to model endpoints: to public addresses alone, with answers bounded in size and no redirects."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from urllib.parse import urlsplit

import httpcore2
import httpx2

from adapters.addresses import is_public
from adapters.errors import NotPermitted, Unreachable
from adapters.http import trusted

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""A streamed token takes some 250 bytes: room for all that is ever shown of an answer, thrice."""
_KEEP_ALIVE_SECONDS = 4.0
_LIMITS = httpx2.Limits(max_connections=400, max_keepalive_connections=100, keepalive_expiry=_KEEP_ALIVE_SECONDS)
_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


def model_http(private_hosts: Collection[str] = ()) -> httpx2.AsyncClient:
    """One pool for all endpoints; `private_hosts` are those that the installation itself names, wherever they are."""
    return httpx2.AsyncClient(
        transport=_Bounded(frozenset(host.lower() for host in private_hosts)),
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        trust_env=False,
    )


class _Bounded(httpx2.AsyncHTTPTransport):
    """HTTP whose answers end in `Unreachable` once they are too large."""

    def __init__(self, private_hosts: frozenset[str]) -> None:
        super().__init__(verify=trusted(), trust_env=False, limits=_LIMITS)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
            network_backend=_Guarded(private_hosts),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request and the answer to it."""
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _BoundedStream(response.stream)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise Unreachable("the model's endpoint compressed its answer although it was asked not to")
        return response


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            size += len(piece)
            if size > MAX_ANSWER_BYTES:
                raise Unreachable(f"the model's endpoint answered with more than {MAX_ANSWER_BYTES} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Guarded(httpcore2.AsyncNetworkBackend):
    """Connects to public addresses alone; looked at when connecting, so that no name can change meanwhile."""

    def __init__(self, private_hosts: frozenset[str]) -> None:
        self._private_hosts = private_hosts
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address that takes one."""
        addresses = [host] if host.lower() in self._private_hosts else await _public(host, port)
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._backend.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


def address_fault(url: str, private_hosts: Collection[str]) -> str | None:
    """Why an endpoint would not be called, as far as its URL tells; None where it may be."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host in private_hosts:
        return None
    if parts.scheme != "https":
        return f"{host!r} is to be told keys, and plain http shows them to everybody between; give its https address"
    try:
        private = not is_public(host)
    except ValueError:
        private = host == "localhost" or host.endswith(".localhost")
    return f"{host!r} is a private address; only PRIVATE_MODEL_HOSTS can allow that" if private else None


async def _public(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    except (OSError, UnicodeError):
        raise Unreachable(f"there is no address of {host!r}") from None
    addresses = [str(item[4][0]) for item in found]
    if not all(is_public(address) for address in addresses):
        raise NotPermitted(f"{host!r} is at a private address; only PRIVATE_MODEL_HOSTS can allow that")
    return addresses
