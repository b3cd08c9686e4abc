"""The door of the stand-in: any method and any path below `/tools` is taken, noted, and answered as was set."""

import json
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.faults import Behaviour, Target
from simulator.injection import answer as answer_under
from simulator.simulation import Simulation
from simulator.wire import JSON, Object, encode, json_answer

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class ServiceAnswer(BaseModel):
    """What the service answers for one path: `text` as it is, or else `body` as JSON, by default `{"ok": true}`."""

    model_config = ConfigDict(extra="forbid")

    status: int = Field(default=200, ge=200, le=599)
    body: JSON = None
    text: str | None = None
    content_type: str = "application/json"
    location: str | None = None


class Tools:
    """`/tools/…`: each path is a tool of its own, and its first part the method by which faults and ledger know it."""

    variable: ClassVar[str] = "TOOLS_URL"
    path: ClassVar[str] = "/tools"

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._answers: dict[str, ServiceAnswer] = {}

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The service."""
        return [Route(f"{self.path}/{{name:path}}", self._serve, methods=METHODS)]

    @property
    def control(self) -> APIRouter:
        """What it answers."""
        router = APIRouter(tags=["tools"])

        @router.post("/answers")
        async def change_answers(changes: dict[str, ServiceAnswer]) -> dict[str, ServiceAnswer]:
            """Set what is answered from now on, by the path below `/tools`."""
            self._answers.update(changes)
            return self._answers

        return router

    def accounts(self) -> list[Object]:
        """Nobody has an account here."""
        return []

    def reset(self) -> None:
        """Answer `{"ok": true}` again."""
        self._answers.clear()

    async def _serve(self, request: Request) -> Response:
        path = request.path_params["name"]
        method = path.partition("/")[0]
        body = await request.body()
        said = body.decode("utf-8", "replace")
        behaviours = self._simulation.faults.for_call(Target("tools", method, None, said))
        noted: Object = {
            "method": method,
            "verb": request.method,
            "path": path,
            "query": dict(request.query_params),
            "headers": dict(request.headers),
            "body": _read(said),
            "status": None,
            "faults": [behaviour.kind for behaviour in behaviours],
        }
        entry = self._simulation.ledger.record("call", "tools", noted)
        accept, refuse = partial(self._accept, path, entry), partial(_refuse, entry)
        return await answer_under(behaviours, self._simulation, accept, refuse)

    async def _accept(self, path: str, entry: Object) -> Response:
        told = self._answers.get(path, ServiceAnswer())
        entry["status"] = told.status
        content = (
            told.text.encode() if told.text is not None else encode({"ok": True} if told.body is None else told.body)
        )
        headers = {"location": told.location} if told.location else None
        return Response(content, told.status, headers, told.content_type)


def _refuse(entry: Object, behaviour: Behaviour) -> Response:
    entry["status"] = behaviour.status
    return json_answer({"error": behaviour.description or "it failed"}, behaviour.status, behaviour.retry_headers)


def _read(body: str) -> JSON:
    try:
        content: JSON = json.loads(body) if body else None
    except ValueError:
        return body
    return content
