"""`chat-orchestrator api` and `worker`: run until SIGTERM or SIGINT, then finish what is in hand."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import uvicorn
from fastapi import FastAPI

import worker
from adapters.faults import PortTaken
from api.app import create_app, end_streams
from settings import Settings

GRACE = timedelta(seconds=10)
"""How long open requests, streams among them, may go on after SIGTERM."""
_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
"""Longer than the 60 s for which common proxies keep a connection, so that they hang up, and not we."""
_MAX_HEAD_BYTES = 64 * 1024


class ApiServer(uvicorn.Server):
    """A server that leaves signals to its caller, so that one that stopped well exits with 0."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self.app = app

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield

    def stop(self) -> None:
        """Finish what is in hand; asked a second time, do not. Streams have no end of their own, and are ended."""
        self.force_exit = self.should_exit
        end_streams(self.app)
        self.should_exit = True


async def api(settings: Settings, host: str, port: int) -> int:
    """Serves the API; raises `PortTaken`."""
    listener = listen(host, port)
    server = api_server(settings)
    _at_stop(server.stop)
    await server.serve([listener])
    return 0 if server.started else 1


def api_server(settings: Settings) -> ApiServer:
    """The API's server, which is yet to be given its listener."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Nothing here depends on who called or how; PUBLIC_URL says how we are reached.
        proxy_headers=False,
        forwarded_allow_ips="",
        workers=1,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(GRACE.total_seconds()),
        h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
    )
    return ApiServer(config, app)


async def work(settings: Settings, queues: worker.Queues, deployment: str | None, build_id: str | None) -> int:
    """Serves the queues."""
    stop = asyncio.Event()
    _at_stop(stop.set)
    await worker.run(settings, stop, queues=queues, deployment=deployment, build_id=build_id)
    return 0


def _at_stop(act: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, act)


def listen(host: str, port: int) -> socket.socket:
    """A listener for the server; raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol number says TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        sentence = f"Port {port} of {host} cannot be listened on: {error.strerror or error}."
        raise PortTaken(sentence, "Stop the program that has it, or choose others with --host and --port.") from error
    return listener
