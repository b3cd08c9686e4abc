"""An app as Slack calls it: it says back challenges, keeps what it was told, and answers as it was asked to."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from adapters.processes.ports import free_port
from simulator.wire import Object
from tests.machine import until

DEADLINE_SECONDS = 10.0


@dataclass(frozen=True)
class Told:
    """One call of Slack's."""

    body: bytes
    headers: dict[str, str]

    @property
    def event(self) -> Object:
        """The event in it."""
        content: Object = json.loads(self.body)["event"]
        return content


@dataclass
class SlackApp:
    """Answers 200 unless other answers were laid out for it."""

    url: str
    answers: deque[Response] = field(default_factory=deque)
    calls: asyncio.Queue[Told] = field(default_factory=asyncio.Queue)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a call."""
        body = await Request(scope, receive).body()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        answer: Response = self.answers.popleft() if self.answers else Response()
        if b'"url_verification"' in body:
            answer = PlainTextResponse(json.loads(body)["challenge"])
        self.calls.put_nowait(Told(body, headers))
        await answer(scope, receive, send)

    async def next(self) -> Told:
        """The next call that arrives."""
        return await asyncio.wait_for(self.calls.get(), DEADLINE_SECONDS)


@asynccontextmanager
async def running_app() -> AsyncIterator[SlackApp]:
    """Such an app on a free port."""
    port = free_port()
    app = SlackApp(f"http://127.0.0.1:{port}/slack")
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", ws="none", log_config=None))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started or serving.done())
    yield app
    server.should_exit = True
    await serving
