"""The balancer before the APIs: takes turns between them, and can strike one down around an acknowledgement."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

_CHUNK = 64 * 1024
_WEBHOOK = b"POST /webhooks/"
_SUCCESS = b"HTTP/1.1 2"

Spring = Callable[[int], Awaitable[bool]]
"""Gets the number of the API; says whether what came is passed on."""


@dataclass
class Trap:
    """Springs once: at the next webhook on its way in, or at its acknowledgement on the way out."""

    at: Literal["request", "answer"]
    spring: Spring
    sprung: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class _Passage:
    """One connection, and whether a webhook went in by it last."""

    api: int
    carries_webhook: bool = False


class Front:
    """One address for several APIs; where one refuses, the next is tried, as a balancer does."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.port = 0
        self._ports = ports
        self._turn = 0
        self._trap: Trap | None = None
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where clients and platforms call."""
        return f"http://127.0.0.1:{self.port}"

    async def listen(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Break all connections."""
        if self._server is not None:
            self._server.close()
        for task in self._passing:
            task.cancel()
        if self._passing:
            await asyncio.wait(self._passing)

    def set_trap(self, at: Literal["request", "answer"], spring: Spring) -> asyncio.Event:
        """Let the next webhook run into it; set once it has."""
        self._trap = Trap(at, spring)
        return self._trap.sprung

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._join(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there: asyncio.StreamWriter | None = None
        try:
            passage, back, there = await self._reach()
            going = asyncio.create_task(self._inwards(passage, reader, there))
            coming = asyncio.create_task(self._outwards(passage, back, writer))
            try:
                await asyncio.wait({going, coming}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                going.cancel()
                coming.cancel()
                await asyncio.gather(going, coming, return_exceptions=True)
        except OSError:
            # Nobody there, or hung up: the caller sees a connection that breaks.
            return
        finally:
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()

    async def _reach(self) -> tuple[_Passage, asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in self._ports:
            number, self._turn = self._turn, (self._turn + 1) % len(self._ports)
            try:
                return _Passage(number), *(await asyncio.open_connection("127.0.0.1", self._ports[number]))
            except ConnectionRefusedError:
                continue
        raise ConnectionRefusedError

    async def _inwards(self, passage: _Passage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            if data.startswith((b"POST ", b"GET ")):
                passage.carries_webhook = data.startswith(_WEBHOOK)
                if passage.carries_webhook and not await self._sprung("request", passage.api):
                    return
            writer.write(data)
            await writer.drain()

    async def _outwards(self, passage: _Passage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            acknowledges = passage.carries_webhook and data.startswith(_SUCCESS)
            if acknowledges and not await self._sprung("answer", passage.api):
                return
            writer.write(data)
            await writer.drain()

    async def _sprung(self, at: Literal["request", "answer"], api: int) -> bool:
        """Whether to pass on; springs a trap that waits for this."""
        trap = self._trap
        if trap is None or trap.at != at:
            return True
        self._trap = None
        try:
            return await trap.spring(api)
        finally:
            trap.sprung.set()


@asynccontextmanager
async def front_of(ports: Sequence[int]) -> AsyncIterator[Front]:
    """A balancer before the APIs on these ports."""
    front = Front(ports)
    await front.listen()
    try:
        yield front
    finally:
        await front.close()
