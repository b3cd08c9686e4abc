"""The door of the stand-in: tokens, methods, faults, and what the ledger learns of each call."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.faults import Behaviour, Target
from simulator.injection import answer
from simulator.simulation import Simulation
from simulator.slack.call import Call, read_arguments, token_of
from simulator.slack.control import control_router
from simulator.slack.methods import METHODS, OUTBOUND, STATUS, TAKE_JSON
from simulator.slack.refusals import Refused, from_fault
from simulator.slack.responses import use
from simulator.slack.state import State
from simulator.wire import Object, json_answer


class Slack:
    """`/slack/api/<method>`, the token in the header `Authorization`."""

    variable: ClassVar[str] = "SLACK_API_URL"
    path: ClassVar[str] = "/slack/api"

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._state = State(simulation)

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The Web API, and the places of files."""
        return [
            Route("/slack/api/{method}", self._call, methods=["GET", "POST"]),
            Route("/slack/respond/{name}", self._respond, methods=["POST"]),
            Route("/slack/upload/{file}", self._upload, methods=["POST"]),
            Route("/slack/files/{file}/{name:path}", self._download, methods=["GET"]),
            Route("/slack/login", _login, methods=["GET"]),
        ]

    @property
    def control(self) -> APIRouter:
        """The people who write to the bots, the apps' settings, and the state of channels."""
        return control_router(lambda: self._state)

    def accounts(self) -> list[Object]:
        """Its apps."""
        return self._state.apps.accounts()

    def reset(self) -> None:
        """Forget all apps, channels and messages."""
        self._state.courier.stop()
        self._state = State(self._simulation)

    async def _call(self, request: Request) -> Response:
        name, token = request.path_params["method"], token_of(request)
        arguments: Object = {}
        try:
            app = self._state.apps.app(token)
            if name not in METHODS:
                raise Refused("unknown_method")
            arguments = await read_arguments(request, takes_json=name in TAKE_JSON)
        except Refused as refused:
            return _refuse(self._open(token, name, arguments, []), refused)
        call = Call(app, arguments, self._state, _base_url(request))
        target = Target("slack", name, call.text("channel") or None, call.text("text"))
        behaviours = self._simulation.faults.for_call(target)
        entry = self._open(token, name, arguments, behaviours)
        accept = partial(self._accept, call, name, entry)
        return await answer(behaviours, self._simulation, accept, partial(_refuse_by_fault, entry))

    async def _accept(self, call: Call, name: str, entry: Object) -> Response:
        try:
            self._state.limits.spend(call.app.token, name, call.text("channel"))
            result = METHODS[name](call)
        except Refused as refused:
            return _refuse(entry, refused)
        entry["status"] = 200
        if name in OUTBOUND or name == STATUS:
            self._simulation.ledger.record("outbound", "slack", _outbound(call, name, result))
        return json_answer({"ok": True, **result})

    async def _respond(self, request: Request) -> Response:
        """Words by a `response_url`, which needs no token; 404 where it may not be used any more."""
        what: Object = await request.json()
        try:
            response = self._state.responses.find(request.path_params["name"])
            message = use(response, what)
        except Refused as refused:
            return json_answer({"ok": False, "error": refused.error}, 404)
        ts = self._state.channels.clock.next()
        seen: Object = {"method": "response_url", "token": response.app.token, "chat_id": response.channel}
        seen |= {"message_id": ts, "text": what.get("text"), "entities": [], "payload": what}
        self._simulation.ledger.record("outbound", "slack", {"content": {**message, "ts": ts}, **seen})
        return Response("ok")

    async def _upload(self, request: Request) -> Response:
        file = self._state.files.known.get(request.path_params["file"])
        if file is None:
            return Response("not found", 404)
        file.content = await request.body()
        self._state.shelve(file)
        return Response(f"OK - {len(file.content)}")

    async def _download(self, request: Request) -> Response:
        """The bytes, for who may read files; everybody else is sent to the login page, as Slack does."""
        file = self._state.files.known.get(request.path_params["file"])
        try:
            self._state.apps.app(token_of(request)).demand_scope("files:read")
        except Refused:
            return RedirectResponse(f"{_base_url(request)}/slack/login", 302)
        if file is None or file.content is None:
            return Response("not found", 404)
        return Response(file.content, media_type=file.mime_type)

    def _open(self, token: str, name: str, arguments: Object, behaviours: Sequence[Behaviour]) -> Object:
        fields: Object = {
            "method": name,
            "token": token,
            "chat_id": arguments.get("channel"),
            "status": None,
            "description": None,
            "faults": [behaviour.kind for behaviour in behaviours],
        }
        return self._simulation.ledger.record("call", "slack", fields)


async def _login(_request: Request) -> Response:
    return HTMLResponse("<!DOCTYPE html><html><title>Sign in to Slack</title></html>")


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _refuse(entry: Object, refused: Refused) -> Response:
    response = refused.response()
    entry.update(status=response.status_code, description=refused.error)
    return response


def _refuse_by_fault(entry: Object, behaviour: Behaviour) -> Response:
    entry["status"] = behaviour.status
    return from_fault(behaviour)


def _outbound(call: Call, name: str, result: Object) -> Object:
    return {
        "content": result.get("message"),
        "method": name,
        "token": call.app.token,
        "chat_id": result.get("channel") or call.text("channel_id"),
        "message_id": result.get("ts"),
        "text": call.text("text"),
        "entities": [],
        "payload": call.arguments,
    }
