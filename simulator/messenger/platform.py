"""The stand-in's routes: pages and what they send, apps and what they are told."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from simulator.faults import Target
from simulator.graph.courier import Courier, Post
from simulator.graph.door import Door, bearer, body_of
from simulator.messenger import profiles, subscriptions
from simulator.messenger.content import echoed, message_of, read_body
from simulator.messenger.control import control_router
from simulator.messenger.items import by_person, call, echo, note, now
from simulator.messenger.refusals import TITLES, USUAL_CODES
from simulator.messenger.sending import check, person_of, text_of
from simulator.messenger.state import Page, State
from simulator.multipart import FormFile
from simulator.shelf import Kept
from simulator.simulation import Simulation
from simulator.wire import Object

RECEIPT_SECONDS = 0.02
_Act = Callable[[Page], Object]


class Messenger:
    """`/graph/<version>/<page_id>`, `me` and `<app_id>`; paths of what is no page are left to the other stand-ins."""

    variable: ClassVar[str] = "GRAPH_API_URL"
    path: ClassVar[str] = "/graph"

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._state = State(simulation.run)
        self._courier = Courier(simulation, "messenger", "page")
        self._door = Door(simulation, USUAL_CODES, TITLES)

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The part of the Graph API that pages and their apps have."""
        return [
            _OfKnown(
                "/graph/{version}/{page}/messages",
                self._messages,
                "page",
                "POST",
                lambda name: name in self._state.pages,
            ),
            Route("/graph/{version}/{page}/subscribed_apps", self._subscribed, methods=["GET", "POST", "DELETE"]),
            Route("/graph/{version}/{app}/subscriptions", self._subscriptions, methods=["GET", "POST"]),
            Route("/graph/{version}/{page}/messenger_profile", self._profile, methods=["GET", "POST", "DELETE"]),
            Route("/graph/{version}/me", self._me, methods=["GET"]),
            _OfKnown("/graph/{version}/{psid}", self._person, "psid", "GET", lambda name: self._state.knows(name)),
        ]

    @property
    def control(self) -> APIRouter:
        """The people who write to the pages, and what becomes of what is sent to them."""
        return control_router(lambda: self._state, self._courier, self._simulation.ledger)

    def accounts(self) -> list[Object]:
        """Its pages."""
        return [
            {**told, "shows": profiles.labels(self._state.pages[str(told["id"])])} for told in self._state.accounts()
        ]

    def reset(self) -> None:
        """Forget all apps, pages and people."""
        self._courier.stop()
        self._state = State(self._simulation.run)

    async def _messages(self, request: Request) -> Response:
        body, file = await read_body(request)
        action = body.get("sender_action")
        method = action if isinstance(action, str) else "messages"
        target = Target("messenger", method, person_of(body), text_of(body))
        return await self._met(request, target, lambda page: self._send(page, body, file))

    def _send(self, page: Page, body: Object, file: FormFile | None) -> Object:
        psid, action = check(self._state, page, body, file), body.get("sender_action")
        name = None if action else self._state.next_id()
        accepted: Object = {"page": page.id, "method": action or "messages", "chat_id": psid, "message_id": name}
        accepted |= {"text": text_of(body), "payload": body, "file": file.describe() if file else None}
        self._simulation.ledger.record("outbound", "messenger", accepted)
        if name is None:
            return {"recipient_id": psid}
        if file is not None:
            self._simulation.shelf.keep(f"messenger-{name}", Kept(file.name, file.type, file.content))
        self._tell_receipts(page, psid, {"mid": name, "app_id": int(page.app.id), **echoed(message_of(body), file)})
        return {"recipient_id": psid, "message_id": name}

    def _tell_receipts(self, page: Page, psid: str, message: Object) -> None:
        told = {
            "echo": ("message_echoes", echo(page, psid, message)),
            "delivered": (
                "message_deliveries",
                by_person(page, psid, delivery={"mids": [message["mid"]], "watermark": now()}),
            ),
            "read": ("message_reads", by_person(page, psid, read={"watermark": now()})),
        }
        for place, receipt in enumerate(self._state.settings.receipts, 1):
            field, item = told[receipt]
            if receipt != "echo":
                note(self._simulation.ledger, page, psid, item)
            if page.tells(field):
                self._courier.offer(Post(page, call((page, [item])), psid), RECEIPT_SECONDS * place)

    async def _subscribed(self, request: Request) -> Response:
        asked = {**request.query_params, **await body_of(request)}
        acts: dict[str, _Act] = {
            "GET": subscriptions.show_page,
            "POST": lambda page: subscriptions.change_page(self._state, page, asked),
            "DELETE": subscriptions.leave_page,
        }
        return await self._met(request, Target("messenger", "subscribed_apps"), acts[request.method])

    async def _profile(self, request: Request) -> Response:
        asked, wanted = await body_of(request), request.query_params.get("fields", "")
        acts: dict[str, _Act] = {
            "GET": lambda page: profiles.show(self._state, page, wanted),
            "POST": lambda page: profiles.change(self._state, page, asked),
            "DELETE": lambda page: profiles.remove(self._state, page, asked),
        }
        return await self._met(request, Target("messenger", "messenger_profile"), acts[request.method])

    async def _me(self, request: Request) -> Response:
        return await self._met(request, Target("messenger", "me"), lambda page: {"id": page.id, "name": page.name})

    async def _person(self, request: Request) -> Response:
        psid, wanted = request.path_params["psid"], request.query_params.get("fields", "")
        target = Target("messenger", "profile", psid)
        return await self._met(request, target, lambda page: self._state.profile(page, psid, wanted))

    async def _subscriptions(self, request: Request) -> Response:
        name, token, asked = request.path_params["app"], bearer(request), await body_of(request)

        async def act() -> Object:
            app = self._state.app(name, token)
            if request.method == "GET":
                return subscriptions.show_app(app)
            return await subscriptions.change_app(self._state, self._courier, app, asked)

        return await self._door.meet(Target("messenger", "subscriptions"), name, act)

    async def _met(self, request: Request, target: Target, act: _Act) -> Response:
        """One call: whose page it is, what goes wrong with it, and what is written down of it."""
        name, token = request.path_params.get("page", "me"), bearer(request)

        async def acted() -> Object:
            return act(self._state.page(name, token))

        return await self._door.meet(target, name, acted)


class _OfKnown(Route):
    """A path that holds for what is a page, or a person, and is left to others for everything else."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response]],
        named: str,
        method: str,
        knows: Callable[[str], bool],
    ) -> None:
        super().__init__(path, endpoint, methods=[method])
        self._named = named
        self._knows = knows

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the path is one of a page, or a person."""
        match, child = super().matches(scope)
        if match is Match.NONE or self._knows(child["path_params"][self._named]):
            return match, child
        return Match.NONE, {}
