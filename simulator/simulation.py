"""What all stand-ins share: the ledger, the faults, the way out to webhooks, and the end."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from ssl import SSLContext
from typing import ClassVar, Literal, Protocol

import httpx
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import BaseRoute

from simulator.faults import Faults
from simulator.ledger import Ledger
from simulator.shelf import Shelf
from simulator.wire import Object

# How long Telegram's server keeps an idle connection to a webhook: tdlib/telegram-bot-api, WebhookActor.cpp.
WEBHOOK_TIMEOUT_SECONDS = 60.0
# Shorter than any server's, so that no post meets a connection that is just being closed.
KEEP_ALIVE_SECONDS = 2.0


class Settings(BaseModel):
    """What holds for all platforms; the scale shortens the waits between two posts of a webhook that was not taken."""

    model_config = ConfigDict(extra="forbid")

    webhook_retry_scale: float = Field(default=1.0, ge=0.001, le=1.0)


@cache
def _trusted() -> SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class Simulation:
    """Handed to every stand-in; ends all that waits when `closing` is set, which is for good: it is served once."""

    def __init__(self, settings: Settings | None = None, ledger: Ledger | None = None) -> None:
        self.run = secrets.token_hex(4)
        """What no other run is called: part of ids that a product keeps for longer than a simulator lives."""
        self.ledger = ledger or Ledger()
        self.shelf = Shelf()
        self.faults = Faults()
        self.closing = asyncio.Event()
        self._initial = settings or Settings()
        self.settings = self._initial
        self._clients: list[httpx.AsyncClient] = []
        self._idle: list[httpx.AsyncClient] = []

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Post a webhook; a redirect is an answer like any other. Raises httpx.HTTPError and httpx.InvalidURL."""
        client = self._idle.pop() if self._idle else self._new_client()
        try:
            return await client.post(url, content=body, headers=headers)
        finally:
            self._idle.append(client)

    async def pause(self, seconds: float) -> None:
        """Sleep, unless the simulator closes."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return

    async def wait(self, future: asyncio.Future[None], seconds: float) -> bool:
        """Whether the future was done before the time was over or the simulator closed."""
        closing = asyncio.create_task(self.closing.wait())
        either: set[asyncio.Future[None] | asyncio.Task[Literal[True]]] = {future, closing}
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
        return future.done()

    def reset(self) -> None:
        """Forget entries, faults and changed settings."""
        self.ledger.clear()
        self.shelf.clear()
        self.faults.clear()
        self.settings = self._initial

    async def close(self) -> None:
        """Let go of what waits and of the connections."""
        self.closing.set()
        for client in self._clients:
            await client.aclose()

    def _new_client(self) -> httpx.AsyncClient:
        """A client for one post at a time.

        The pool inside one looks at all its connections before and after each request: with 40 under way that costs
        five times as much as the request itself.
        """
        client = httpx.AsyncClient(
            verify=_trusted(),
            timeout=WEBHOOK_TIMEOUT_SECONDS,
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS),
            trust_env=False,
        )
        self._clients.append(client)
        return client


class Platform(Protocol):
    """One stand-in: what it answers at `path`, what steers it below `/_sim/<name>`, and the variable to reach it by."""

    variable: ClassVar[str]
    path: ClassVar[str]

    def __init__(self, simulation: Simulation) -> None: ...

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The platform's own API."""

    @property
    def control(self) -> APIRouter:
        """What a test may ask of this stand-in."""

    def accounts(self) -> Sequence[Object]:
        """The bots there: `id` as the control API names them, `name`, and `webhook`, null where nobody is told."""

    def reset(self) -> None:
        """Back to how it was at the start."""
