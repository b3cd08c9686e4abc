"""Which addresses may be called: none of this machine or of the networks around it, whatever name led there.

The check is made on the resolved address that is then connected to, so that a name cannot change its mind between.
"""

import asyncio
import socket
from collections.abc import Iterable

import httpcore

from adapters.addresses import is_public
from adapters.errors import NotPermitted


class AddressForbidden(NotPermitted):
    """The address is private, or no address for the public."""

    reason = "address_forbidden"


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to the hosts, or hosts and ports, that are exempt."""

    def __init__(self, exempt: Iterable[tuple[str, int]] = (), exempt_hosts: Iterable[str] = ()) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._exempt = frozenset(exempt)
        self._exempt_hosts = frozenset(exempt_hosts)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the address that was checked; raises `AddressForbidden`."""
        exempt = (host, port) in self._exempt or host in self._exempt_hosts
        where = host if exempt else await _public_address(host, port)
        return await self._inner.connect_tcp(where, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """No file is a host."""
        raise AddressForbidden("a socket in the file system is no address to fetch from")

    async def sleep(self, seconds: float) -> None:
        """Wait between two attempts."""
        await self._inner.sleep(seconds)


async def _public_address(host: str, port: int) -> str:
    """The address of a host; a name that leads to a private address as well is not believed at all."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host!r} has no address") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressForbidden(f"{host!r} is no host of the public internet")
    return addresses[0]
