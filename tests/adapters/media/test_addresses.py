"""Files are fetched from no address of this machine or of the networks around it, whatever name leads there."""

import asyncio

import httpcore
import pytest

from adapters.media.addresses import AddressForbidden, GuardedBackend
from adapters.processes.ports import free_port


# Every way of writing 127.0.0.1 that a resolver reads.
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0", "::1"])
async def test_no_connection_is_made_whatever_name_leads_there(host: str) -> None:
    connections: list[object] = []
    port = free_port()
    server = await asyncio.start_server(lambda *pair: connections.append(pair), "127.0.0.1", port)
    async with server:
        with pytest.raises((AddressForbidden, httpcore.ConnectError)):
            await GuardedBackend().connect_tcp(host, port, timeout=2)
    assert connections == []


async def test_an_exempt_address_is_exempt_on_its_port_alone() -> None:
    port = free_port()
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
    guarded = GuardedBackend([("127.0.0.1", port)])
    async with server:
        stream = await guarded.connect_tcp("127.0.0.1", port, timeout=2)
        await stream.aclose()
        with pytest.raises(AddressForbidden):
            await guarded.connect_tcp("127.0.0.1", port + 1, timeout=2)


async def test_a_file_of_this_machine_is_no_host() -> None:
    with pytest.raises(AddressForbidden):
        await GuardedBackend().connect_unix_socket("/var/run/docker.sock")
