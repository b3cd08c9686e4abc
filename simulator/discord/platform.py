"""The door of the stand-in: tokens, routes, faults, and what the ledger learns of each call."""

import re
from collections.abc import Sequence
from functools import partial
from typing import ClassVar, TypeAlias

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from simulator.discord.bots import Bot
from simulator.discord.call import Act, Call
from simulator.discord.content import read_body
from simulator.discord.control import control_router
from simulator.discord.courier import Courier
from simulator.discord.refusals import RateLimited, Refused, from_fault
from simulator.discord.rest import ROUTES
from simulator.discord.state import State
from simulator.faults import Behaviour, Target
from simulator.injection import answer
from simulator.multipart import FormFile
from simulator.shelf import Kept
from simulator.simulation import Simulation
from simulator.wire import Object, json_answer

METHODS = tuple(dict.fromkeys(name for name, *_ in ROUTES))
OUTBOUND = frozenset({"messages.create", "messages.edit", "messages.delete", "original.edit", "typing"})
_AGENT = "DiscordBot ("
_Asked: TypeAlias = tuple[tuple[str, ...], Object, FormFile | None]
"""What a path names, and what came with it."""


class Discord:
    """`/discord/api/v10`, the token in the header `Authorization`, and `/discord/gateway`."""

    variable: ClassVar[str] = "DISCORD_API_URL"
    path: ClassVar[str] = "/discord/api/v10"

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._state = State(simulation)
        self._courier = Courier(simulation)

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The REST API and the gateway."""
        methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
        return [
            Route("/discord/api/v10/{path:path}", self._call, methods=methods),
            WebSocketRoute("/discord/gateway", self._connect),
        ]

    @property
    def control(self) -> APIRouter:
        """The people who write to the bots, the bots' settings, connections, and the state of channels."""
        return control_router(lambda: self._state, self._courier)

    def accounts(self) -> list[Object]:
        """Its bots, and whether somebody listens for each."""
        heard = {item.bot.token for item in self._state.gateway.sessions.values() if item.outbox is not None}
        return [{**account, "listening": account["id"] in heard} for account in self._state.bots.accounts()]

    def reset(self) -> None:
        """Forget all bots, channels and sessions."""
        self._courier.stop()
        self._state.gateway.stop()
        self._state = State(self._simulation)

    async def _connect(self, socket: WebSocket) -> None:
        await self._state.gateway.serve(socket)

    async def _call(self, request: Request) -> Response:
        name, act, names = _route(request.method, request.path_params["path"])
        body, file = await read_body(request)
        chat = names[0] if names and name.startswith(("messages", "typing", "channels.change")) else None
        target = Target("discord", name, chat, _text(body))
        behaviours = self._simulation.faults.for_call(target)
        entry = self._open(request, name, chat, behaviours)
        accept = partial(self._accept, request, name, act, (names, body, file), entry)
        return await answer(behaviours, self._simulation, accept, partial(_refuse_by_fault, entry))

    async def _accept(self, request: Request, name: str, act: Act | None, asked: _Asked, entry: Object) -> Response:
        names, body, file = asked
        try:
            caller = self._caller(request)
            if act is None:
                raise Refused(0, status=404)
            host = request.headers.get("host", "")
            call = Call(self._state, self._courier, caller, names, body, dict(request.query_params), host, file)
            done = await act(call)
        except (Refused, RateLimited) as refused:
            response = refused.response()
            entry.update(status=response.status_code, description=str(refused))
            return response
        entry["status"] = 204 if done.content is None else 200
        if name in OUTBOUND and done.said is not None:
            fields: Object = {"method": name, "token": entry["token"], "chat_id": done.said["chat"], "entities": []}
            more: Object = {"message_id": done.said["id"], "text": done.said.get("text"), "payload": body}
            more["file"] = file.describe() if file else None
            more["content"] = done.content
            if file is not None:
                self._simulation.shelf.keep(f"discord-{done.said['id']}", Kept(file.name, file.type, file.content))
            self._simulation.ledger.record("outbound", "discord", {**fields, **more})
        return Response(status_code=204) if done.content is None else json_answer(done.content, 200, done.headers)

    def _caller(self, request: Request) -> Bot | None:
        """Whose token a call carries; refused where it is bad, or where the caller does not say what it is."""
        if not request.headers.get("user-agent", "").startswith(_AGENT):
            raise Refused(40333)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        return self._state.bots.bot(token if kind == "Bot" else "") if kind else None

    def _open(self, request: Request, name: str, chat: str | None, behaviours: Sequence[Behaviour]) -> Object:
        fields: Object = {
            "method": name,
            "token": request.headers.get("authorization", "").removeprefix("Bot "),
            "chat_id": chat,
            "status": None,
            "description": None,
            "faults": [behaviour.kind for behaviour in behaviours],
        }
        return self._simulation.ledger.record("call", "discord", fields)


def _route(method: str, path: str) -> tuple[str, Act | None, tuple[str, ...]]:
    for name, wanted, pattern, act in ROUTES:
        found = re.fullmatch(pattern, path) if wanted == method else None
        if found is not None:
            return name, act, found.groups()
    return "unknown", None, ()


def _text(body: Object) -> str | None:
    content = body.get("content")
    return content if isinstance(content, str) else None


def _refuse_by_fault(entry: Object, behaviour: Behaviour) -> Response:
    entry["status"] = behaviour.status
    return from_fault(behaviour)
