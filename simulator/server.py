"""Serves the simulator over HTTP, with connections that faults can reset."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from simulator.app import addresses, create_app
from simulator.connection import SeverableProtocol
from simulator.setup import SetUp, set_up
from simulator.simulation import Simulation

KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 5


class SimulatorServer(uvicorn.Server):
    """A server that leaves signals to its caller, and ends what hangs before it waits for connections to end."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(simulation),
                http=SeverableProtocol,
                # Discord's gateway is a WebSocket.
                ws="websockets-sansio",
                lifespan="on",
                # The host process decides on logging; tokens are part of paths, so there is no log of them.
                log_config=None,
                access_log=False,
                # Longer than any client keeps its own, so that only faults reset connections.
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self._simulation = simulation
        self.is_accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.is_accepting.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End everything that waits, then everything else."""
        self._simulation.closing.set()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


@asynccontextmanager
async def running(host: str = "127.0.0.1", port: int = 0, simulation: Simulation | None = None) -> AsyncIterator[str]:
    """A simulator in this process, as long as the block lasts; gives its address, without a slash at the end.

    Raises OSError where the port is taken.
    """
    listener = _listener(host, port)
    server = SimulatorServer(simulation or Simulation())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    accepting = asyncio.create_task(server.is_accepting.wait())
    try:
        await asyncio.wait({serving, accepting}, return_when=asyncio.FIRST_COMPLETED)
        if not server.is_accepting.is_set():
            raise RuntimeError("the simulator ended before it accepted connections; its log has the reason")
        shown_host = f"[{host}]" if ":" in host else host
        yield f"http://{shown_host}:{listener.getsockname()[1]}"
    finally:
        accepting.cancel()
        server.should_exit = True
        await serving


def _listener(host: str, port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol number says TCP; create_server() leaves it 0,
    # and every answer would then wait 40 ms for a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


async def serve(
    host: str = "127.0.0.1", port: int = 0, simulation: Simulation | None = None, setup: Sequence[SetUp] = ()
) -> None:
    """Run until SIGTERM or SIGINT; prints `NAME=address` for each stand-in, one a line, once all answer.

    What is in `setup` is done before.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with running(host, port, simulation) as base_url:
            await set_up(base_url, setup)
            for name, address in addresses(base_url).items():
                print(f"{name}={address}", flush=True)
            await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
