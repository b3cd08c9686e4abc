"""The door of the stand-in: tokens, methods, faults, and what the ledger learns of each call."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.faults import Behaviour, Target
from simulator.injection import answer
from simulator.simulation import Simulation
from simulator.telegram.arguments import Arguments, read_arguments
from simulator.telegram.bots import Bot
from simulator.telegram.call import Call, Described
from simulator.telegram.control import control_router
from simulator.telegram.methods import METHODS, OUTBOUND, SPELLED
from simulator.telegram.refusals import Refused, from_fault
from simulator.telegram.state import State
from simulator.wire import JSON, Object, json_answer


class Telegram:
    """`/telegram/bot<token>/<method>` and `/telegram/file/bot<token>/<path>`."""

    variable: ClassVar[str] = "TELEGRAM_API_URL"
    path: ClassVar[str] = "/telegram"

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._state = State(simulation, self.execute)

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The Bot API; every path that it has not is its own kind of 404."""
        verbs = ["GET", "POST"]
        return [
            Route("/telegram/bot{token}/{method}", self._call, methods=verbs),
            Route("/telegram/file/bot{token}/{path:path}", self._download, methods=["GET"]),
            Route("/telegram/{rest:path}", self._elsewhere, methods=verbs),
        ]

    @property
    def control(self) -> APIRouter:
        """The people who write to the bots, and the state of their chats."""
        return control_router(lambda: self._state)

    def accounts(self) -> list[Object]:
        """Its bots."""
        return self._state.bots.accounts()

    def reset(self) -> None:
        """Forget all bots, webhooks and chats."""
        self._state.couriers.stop_all()
        self._state.bots.release_polls()
        self._state = State(self._simulation, self.execute)

    async def execute(self, bot: Bot, content: Object) -> None:
        """Run a call that came as the answer to a webhook; what asks or changes the webhook is not run.

        Source: tdlib/telegram-bot-api, WebhookActor.cpp, handle.
        """
        name = SPELLED.get(str(content.get("method", "")).lower(), "")
        if not name or name.startswith("get") or name in ("setWebhook", "deleteWebhook"):
            return
        call = Call(bot, Arguments(content), self._state)
        await self._accept(call, name, self._open(bot.token, name, call.arguments, []))

    async def _call(self, request: Request) -> Response:
        token, name = request.path_params["token"], request.path_params["method"]
        arguments = Arguments({})
        try:
            bot = self._state.bots.bot(token)
            name = SPELLED.get(name.lower())
            if name is None:
                raise Refused(404, "Not Found: method not found")
            arguments = await read_arguments(request)
        except Refused as refused:
            entry = self._open(token, str(name), arguments, [])
            return _refuse(entry, refused)
        target = Target("telegram", name, arguments.text("chat_id") or None, arguments.text("text"))
        behaviours = self._simulation.faults.for_call(target)
        entry = self._open(token, name, arguments, behaviours)
        accept = partial(self._accept, Call(bot, arguments, self._state), name, entry)
        return await answer(behaviours, self._simulation, accept, partial(_refuse_by_fault, entry))

    async def _accept(self, call: Call, name: str, entry: Object) -> Response:
        try:
            result = await METHODS[name](call)
        except Refused as refused:
            return _refuse(entry, refused)
        content: Object = {"ok": True, "result": result.result if isinstance(result, Described) else result}
        if isinstance(result, Described):
            content["description"] = result.description
        entry["status"] = 200
        if name in OUTBOUND:
            self._simulation.ledger.record("outbound", "telegram", _outbound(call, name, content["result"]))
        return json_answer(content)

    def _open(self, token: str, name: str, arguments: Arguments, behaviours: Sequence[Behaviour]) -> Object:
        fields: Object = {
            "method": name,
            "token": token,
            "chat_id": arguments.text("chat_id") or None,
            "status": None,
            "description": None,
            "faults": [behaviour.kind for behaviour in behaviours],
        }
        return self._simulation.ledger.record("call", "telegram", fields)

    async def _download(self, request: Request) -> Response:
        try:
            self._state.bots.bot(request.path_params["token"])
        except Refused as refused:
            return refused.response()
        file = self._state.files.at(request.path_params["path"])
        if file is None:
            return Refused(404, "Not Found").response()
        return Response(file.bytes(), media_type="application/octet-stream")

    async def _elsewhere(self, _request: Request) -> Response:
        return Refused(404, "Not Found").response()


def _refuse(entry: Object, refused: Refused) -> Response:
    entry.update(status=refused.code, description=refused.description)
    return refused.response()


def _refuse_by_fault(entry: Object, behaviour: Behaviour) -> Response:
    entry["status"] = behaviour.status
    return from_fault(behaviour)


def _outbound(call: Call, name: str, result: JSON) -> Object:
    message: Object = result if isinstance(result, dict) else {}
    return {
        "content": message or None,
        "method": name,
        "token": call.bot.token,
        "chat_id": call.arguments.text("chat_id") or None,
        "message_id": message.get("message_id") or call.arguments.integer("message_id", 0) or None,
        "text": message.get("text", message.get("caption")),
        "entities": message.get("entities", message.get("caption_entities", [])),
        "payload": call.arguments.values,
    }
