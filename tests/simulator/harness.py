"""What the simulator's tests talk with: a bot, the control API, and a place where webhooks arrive."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator.wire import JSON, Object, encode

DEADLINE_SECONDS = 10.0
TOKEN = "123456:" + "A" * 35


@dataclass
class Bot:
    """A bot's side of the simulated Bot API."""

    client: httpx.AsyncClient
    token: str = TOKEN

    async def call(self, method: str, **arguments: JSON) -> Object:
        """The whole answer, good or bad."""
        content: Object = (await self.post(method, **arguments)).json()
        return content

    async def post(self, method: str, **arguments: JSON) -> httpx.Response:
        """The response to a call with JSON."""
        headers = {"Content-Type": "application/json"}
        return await self.client.post(f"/telegram/bot{self.token}/{method}", content=encode(arguments), headers=headers)

    async def result(self, method: str, **arguments: JSON) -> JSON:
        """The result of a call that is expected to succeed."""
        content = await self.call(method, **arguments)
        assert content["ok"] is True, content
        return content["result"]

    async def message(self, method: str, **arguments: JSON) -> Object:
        """The message that a call resulted in."""
        result = await self.result(method, **arguments)
        assert isinstance(result, dict)
        return result

    async def updates(self, **arguments: JSON) -> list[Object]:
        """What getUpdates gives."""
        result = await self.result("getUpdates", **arguments)
        assert isinstance(result, list)
        return [update for update in result if isinstance(update, dict)]


@dataclass
class Control:
    """The control API."""

    client: httpx.AsyncClient

    async def post(self, path: str, **body: JSON) -> Object:
        """Ask for something that is expected to be done."""
        response = await self.client.post(f"/_sim{path}", json=body)
        assert response.is_success, response.text
        content: Object = response.json() if response.content else {}
        return content

    async def say(self, chat_id: int = 7, **what: JSON) -> Object:
        """Somebody writes to the bot."""
        return await self.post(f"/telegram/{TOKEN}/messages", chat_id=chat_id, **what)

    async def fault(self, kind: str, **more: JSON) -> Object:
        """Arm a fault."""
        return await self.post("/faults", kind=kind, **more)

    async def ledger(self, **filters: str | int) -> list[Object]:
        """Entries of the ledger."""
        items: list[Object] = (await self.client.get("/_sim/ledger", params=filters)).json()["items"]
        return items

    async def until(self, condition: Callable[[list[Object]], bool], **filters: str | int) -> list[Object]:
        """The entries, once they fulfil the condition."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition(entries := await self.ledger(**filters)):
                continue
        return entries


@dataclass(frozen=True)
class Post:
    """A webhook that arrived."""

    body: Object
    headers: dict[str, str]

    @property
    def update_id(self) -> int:
        """The id of the update in it."""
        update_id = self.body["update_id"]
        assert isinstance(update_id, int)
        return update_id

    @property
    def text(self) -> JSON:
        """The text of the message in it."""
        message = self.body["message"]
        assert isinstance(message, dict)
        return message.get("text")


@dataclass
class Receiver:
    """A product that takes webhooks; answers 200 unless other answers were laid out for it."""

    url: str
    answers: deque[Response] = field(default_factory=deque)
    posts: asyncio.Queue[Post] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a webhook; while the gate is closed the answer waits."""
        request = Request(scope, receive)
        self.posts.put_nowait(Post(json.loads(await request.body()), dict(request.headers)))
        await self.gate.wait()
        answer = self.answers.popleft() if self.answers else Response()
        await answer(scope, receive, send)

    async def next(self) -> Post:
        """The next webhook that arrives."""
        return await asyncio.wait_for(self.posts.get(), DEADLINE_SECONDS)

    def clear(self) -> None:
        """As at the start."""
        self.answers.clear()
        self.gate.set()
        while not self.posts.empty():
            self.posts.get_nowait()


class _QuietServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_accepting.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver("")
    config = uvicorn.Config(receiver, port=0, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=1)
    server = _QuietServer(config)
    serving = asyncio.create_task(server.serve())
    await asyncio.wait_for(server.is_accepting.wait(), DEADLINE_SECONDS)
    receiver.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/hook"
    receiver.clear()
    yield receiver
    server.should_exit = True
    await serving
