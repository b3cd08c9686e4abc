"""Connections that end badly on purpose: reset, silent, or cut in the middle of an answer."""

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulator.faults import Behaviour
from simulator.simulation import Simulation

EXTENSION = "simulator.connection"


class SeverableProtocol(HttpToolsProtocol):
    """Lets an answer reset or close the connection that it is given on; the server must run with it."""

    def on_message_begin(self) -> None:
        """Hand the two ends to the request, by the way that ASGI has for extensions."""
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"reset": self.reset, "close": self.transport.close}}

    def reset(self) -> None:
        """Drop what was not sent and answer with RST: a linger of zero is what makes close() do so (socket(7))."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _end(how: Literal["reset", "close"], scope: Scope, receive: Receive) -> None:
    extension: dict[str, Callable[[], None]] | None = scope.get("extensions", {}).get(EXTENSION)
    if extension is None:
        raise RuntimeError(f"cannot {how} the connection: serve the app with SeverableProtocol (simulator.server does)")
    extension[how]()
    await _until_gone(receive)


class Reset(Response):
    """No answer, but a TCP reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await _end("reset", scope, receive)


class Silence(Response):
    """No answer until the client goes away or the time is over; then a reset."""

    def __init__(self, seconds: float, simulation: Simulation) -> None:
        super().__init__()
        self._seconds = seconds
        self._simulation = simulation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if not await _goes_away(receive, self._seconds, self._simulation):
            await _end("reset", scope, receive)


class Pieces(Response):
    """An answer sent piece by piece, and perhaps broken off after the first half of the pieces."""

    def __init__(
        self,
        pieces: Sequence[bytes],
        headers: Mapping[str, str],
        simulation: Simulation,
        pause_seconds: float = 0.0,
        broken: Behaviour | None = None,
    ) -> None:
        super().__init__()
        self._pieces = pieces
        self._fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._simulation = simulation
        self._pause_seconds = pause_seconds
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await send({"type": "http.response.start", "status": 200, "headers": self._fields})
        middle = (len(self._pieces) + 1) // 2
        for number, piece in enumerate(self._pieces):
            if number == middle and self._broken and await self._break(self._broken, scope, receive):
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await self._simulation.pause(self._pause_seconds)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _break(self, broken: Behaviour, scope: Scope, receive: Receive) -> bool:
        """Whether the connection is gone; a stall that ends in time lets the rest follow."""
        if broken.kind == "stall_mid_stream":
            if await _goes_away(receive, broken.duration, self._simulation):
                return True
            if not self._simulation.closing.is_set():
                return False
        await _end("reset" if broken.kind == "reset_mid_stream" else "close", scope, receive)
        return True


async def _goes_away(receive: Receive, seconds: float, simulation: Simulation) -> bool:
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        return await simulation.wait(gone, seconds)
    finally:
        gone.cancel()
