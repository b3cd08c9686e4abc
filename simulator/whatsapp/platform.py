"""The door of the stand-in: numbers, their messages, faults, and what the ledger learns of each call."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.faults import Target
from simulator.graph.courier import Courier, Post
from simulator.graph.door import Door, bearer, body_of
from simulator.graph.refusals import Refused
from simulator.multipart import read_form
from simulator.simulation import Simulation
from simulator.whatsapp import automation
from simulator.whatsapp.calls import call, note, status, told
from simulator.whatsapp.control import control_router
from simulator.whatsapp.media import checked
from simulator.whatsapp.refusals import TITLES, USUAL_CODES, failure, refused
from simulator.whatsapp.sending import Sent, chat_of, mark_read, send, text_of
from simulator.whatsapp.state import Number, State
from simulator.whatsapp.templates import listed
from simulator.wire import JSON, Object, json_answer

STATUS_SECONDS = 0.02
_Act = Callable[[Number], Awaitable[Object]]


class WhatsApp:
    """`/graph/<version>/<phone_number_id>`, its `/messages` and `/media`, and the files by their ids."""

    variable: ClassVar[str] = "GRAPH_API_URL"
    path: ClassVar[str] = "/graph"

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._state = State(simulation.shelf, simulation.run)
        self._courier = Courier(simulation, "whatsapp", "number")
        self._door = Door(simulation, USUAL_CODES, TITLES)

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The part of the Graph API that a number has; every other path is a 404."""
        return [
            Route("/graph/{version}/{number}/messages", self._messages, methods=["POST"]),
            Route("/graph/{version}/{number}/media", self._upload, methods=["POST"]),
            Route("/graph/{version}/{number}/conversational_automation", self._automate, methods=["POST"]),
            Route("/graph/{version}/{account}/message_templates", self._templates, methods=["GET"]),
            Route("/graph/media/{media}", self._download, methods=["GET"]),
            Route("/graph/{version}/{number}", self._read, methods=["GET"]),
            Route("/graph/{version}/{number}", self._configure, methods=["POST"]),
            Route("/graph/{rest:path}", self._elsewhere, methods=["GET", "POST", "DELETE"]),
        ]

    @property
    def control(self) -> APIRouter:
        """The people who write to the numbers, and what becomes of what is sent to them."""
        return control_router(lambda: self._state, self._courier, self._simulation.ledger)

    def accounts(self) -> list[Object]:
        """Its numbers."""
        return [
            {**told, "shows": automation.labels(self._state.numbers[str(told["id"])])}
            for told in self._state.accounts()
        ]

    def reset(self) -> None:
        """Forget all numbers and people."""
        self._courier.stop()
        self._state = State(self._simulation.shelf, self._simulation.run)

    async def _messages(self, request: Request) -> Response:
        body = await body_of(request)
        is_sign = body.get("status") == "read"
        method = "read" if is_sign else "messages"
        return await self._met(request, method, body, partial(self._send if not is_sign else self._mark_read, body))

    async def _upload(self, request: Request) -> Response:
        fields, files = read_form(await request.body(), request.headers.get("content-type", ""))

        async def keep(_number: Number) -> Object:
            file = checked(fields, files)
            return {"id": self._state.keep(file.type, file.content, file.name).id}

        return await self._met(request, "media", {}, keep)

    async def _templates(self, request: Request) -> Response:
        account, token = request.path_params["account"], bearer(request)

        async def show() -> Object:
            self._state.demand_account(account, token)
            return listed(list(self._state.templates.values()), request.query_params)

        return await self._door.meet(Target("whatsapp", "templates"), account, show)

    async def _download(self, request: Request) -> Response:
        media = self._state.media.get(request.path_params["media"])
        try:
            self._state.demand_token(bearer(request))
        except Refused as refusal:
            return refusal.response()
        return Response(media.content, media_type=media.mime_type) if media else Response(status_code=404)

    def _described(self, request: Request) -> Response:
        try:
            self._state.demand_token(bearer(request))
        except Refused as refusal:
            return refusal.response()
        media = self._state.media[request.path_params["number"]]
        return json_answer(media.describe(str(request.base_url).rstrip("/")))

    async def _read(self, request: Request) -> Response:
        if request.path_params["number"] in self._state.media:
            return self._described(request)
        wanted = request.query_params.get("fields", "").split(",")
        return await self._met(request, "number", {}, partial(self._show, wanted))

    async def _configure(self, request: Request) -> Response:
        body = await body_of(request)
        return await self._met(request, "configure", body, partial(self._change, body))

    async def _automate(self, request: Request) -> Response:
        body = await body_of(request)

        async def act(number: Number) -> Object:
            self._demand_right()
            return automation.change(number, body)

        return await self._met(request, "automate", {}, act)

    async def _met(self, request: Request, method: str, body: Object, act: _Act) -> Response:
        """One call: whose number it is, what goes wrong with it, and what is written down of it."""
        name, token = request.path_params["number"], bearer(request)

        async def acted() -> Object:
            return await act(self._state.number(name, token))

        return await self._door.meet(Target("whatsapp", method, chat_of(body), text_of(body)), name, acted)

    async def _send(self, body: Object, number: Number) -> Object:
        sent = send(self._state, number, body)
        fields: Object = {"number": number.id, "chat_id": sent.chat, "message_id": sent.id}
        more: Object = {"method": "messages", "text": sent.text, "payload": body}
        self._simulation.ledger.record("outbound", "whatsapp", {**fields, **more})
        self._tell_statuses(number, sent)
        accepted: list[JSON] = [{"id": sent.id, "message_status": "accepted"}]
        contacts: list[JSON] = [{"input": sent.chat, "wa_id": self._state.person(sent.chat).known_as or sent.chat}]
        return {"messaging_product": "whatsapp", "contacts": contacts, "messages": accepted}

    def _tell_statuses(self, number: Number, sent: Sent) -> None:
        settings = self._state.settings
        names = ("failed",) if sent.fails and settings.statuses else settings.statuses
        failed = failure(sent.fails) if sent.fails else None
        statuses = [status(sent.id, name, sent.chat, sent.mark, failed) for name in names]
        for content in statuses:
            note(self._simulation.ledger, number, sent.chat, "status", content)
        changes = [told(number, statuses=[content]) for content in statuses]
        calls = [call(*((number, change) for change in changes))] if settings.statuses_together else [
            call((number, change)) for change in changes
        ]  # fmt: skip
        for place, content in enumerate(calls, 1):
            self._courier.offer(Post(number, content, sent.chat), STATUS_SECONDS * place)

    async def _mark_read(self, body: Object, number: Number) -> Object:
        mark_read(self._state, body)
        method = "typing" if body.get("typing_indicator") else "read"
        fields: Object = {"number": number.id, "method": method, "message_id": body.get("message_id"), "text": None}
        self._simulation.ledger.record("outbound", "whatsapp", {**fields, "chat_id": None, "payload": body})
        return {"success": True}

    async def _show(self, wanted: Sequence[str], number: Number) -> Object:
        known: Object = {
            "display_phone_number": number.display,
            "verified_name": number.name,
            "quality_rating": "GREEN",
            "name_status": "APPROVED",
            "throughput": {"level": "STANDARD"},
            "conversational_automation": number.automation,
            "webhook_configuration": {
                name: url for name, url in (("phone_number", number.own_url), ("application", number.app_url)) if url
            },
        }
        return {**{name: known[name] for name in wanted if name in known}, "id": number.id}

    async def _change(self, body: Object, number: Number) -> Object:
        asked = body.get("webhook_configuration")
        self._demand_right()
        if not isinstance(asked, dict):
            raise refused(100)
        url, token = str(asked.get("override_callback_uri") or ""), str(asked.get("verify_token") or "")
        if url and not await self._courier.challenge(url, token):
            raise refused(100, "Callback verification failed", subcode=2200)
        number.own_url = url or None
        return {"success": True}

    def _demand_right(self) -> None:
        if not self._state.settings.may_configure:
            raise refused(10, "Application does not have permission for this action", status=403)

    async def _elsewhere(self, _request: Request) -> Response:
        return refused(2500, "Unknown path components", status=404).response()
