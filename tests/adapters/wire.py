"""A server at the level of bytes, for what no well-behaved one does."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TRICKLE_SECONDS = 0.01


class Wire:
    """A server that reads every request (or none) and then behaves as it was told."""

    def __init__(self, behaviour: Behaviour, *, reads: bool = True) -> None:
        self._behaviour = behaviour
        self._reads = reads
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.port = 0
        self.connections = 0
        self.requests: list[bytes] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        task = asyncio.current_task()
        assert task
        self._open[task] = writer
        self.connections += 1
        try:
            while not writer.is_closing():
                if self._reads:
                    self.requests.append(await _request(reader))
                await self._behaviour(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
        finally:
            del self._open[task]

    async def close(self) -> None:
        """End every connection."""
        tasks = [*self._open]
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*tasks)


@asynccontextmanager
async def serving(behaviour: Behaviour, *, reads: bool = True) -> AsyncIterator[Wire]:
    """Such a server, for as long as the block lasts."""
    wire = Wire(behaviour, reads=reads)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    async with server:
        yield wire
        await wire.close()


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def answering(status: int = 200, body: bytes = b'{"ok":true}', headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer, and keep the connection open."""
    return cut_short(status, body, len(body), headers, closes=False)


def cut_short(
    status: int, body: bytes, promised: int, headers: Mapping[str, str] | None = None, *, closes: bool = True
) -> Behaviour:
    """Answer with a body that is not as long as its header says."""
    fields = {"Content-Length": str(promised), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{lines}\r\n".encode() + body)
        await writer.drain()
        if closes:
            writer.close()

    return behave


async def resetting(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection by a TCP reset."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def resetting_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection by a TCP reset while the request is still coming in."""
    await reader.readexactly(1)
    await resetting(reader, writer)


async def closing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection without a word."""
    writer.close()


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say nothing until the client goes away."""
    while await reader.read(1024):
        continue
    writer.close()


async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer for ever, one byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    gone = asyncio.ensure_future(reader.read())
    while not (await asyncio.wait({gone}, timeout=TRICKLE_SECONDS))[0]:
        writer.write(b" ")
        await writer.drain()
    writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
    return head + await reader.readexactly(int(length.partition(b":")[2]))
