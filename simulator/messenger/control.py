"""Below `/_sim/messenger`: pages, the people who write to them, and what becomes of what they are sent."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from simulator.graph.courier import Courier, Post
from simulator.ledger import Ledger
from simulator.messenger.items import by_person, call, echo, note, said_by
from simulator.messenger.profiles import tapped
from simulator.messenger.state import App, Page, PersonState, Profile, Receipt, State
from simulator.messenger.subscriptions import FIELDS
from simulator.wire import JSON, Object


class Given(BaseModel):
    """Whatever the control API is given; unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Registered(Given):
    """A page and its app; with `app_url` the app is told of everything there, as though somebody had clicked so."""

    access_token: str
    app_id: str = Field(pattern=r"^[0-9]{1,20}$")
    app_secret: str
    app_url: str | None = None
    name: str = "Test Page"


class Changed(Given):
    """What holds for all pages; what is left out stays as it is."""

    receipts: tuple[Receipt, ...] | None = None
    window: bool | None = None
    refused_tokens: frozenset[str] | None = None
    may_configure: bool | None = None
    may_profile: bool | None = None
    profile_limit: bool | None = None


class Passed(Given):
    """How much time has passed."""

    seconds: float = Field(gt=0)


class Known(Given):
    """What sending to somebody meets, and how somebody is called."""

    state: PersonState | None = None
    first_name: str | None = None
    last_name: str | None = None
    profile_pic: str | None = None


class Message(Given):
    """A text, or with `fields` whatever they make of it; said `seconds_ago`, and told only now."""

    text: str | None = None
    id: str | None = None
    seconds_ago: float = 0
    fields: Object = Field(default_factory=dict)


class Said(Message):
    """Somebody writes to a page."""

    from_: str = Field(alias="from")


class Batch(Given):
    """Several messages in one call; `raw` are items that nobody made so, put before the others."""

    from_: str = Field(alias="from")
    messages: list[Message]
    raw: list[JSON] = Field(default_factory=list)


class Event(Given):
    """Somebody presses, feels, changes or follows something: the item's fields, as they are."""

    from_: str = Field(alias="from")
    fields: Object
    edge: Literal["messaging", "standby"] = "messaging"


class Tap(Given):
    """Somebody taps what the page's profile shows, by what stands on it."""

    from_: str = Field(alias="from")
    label: str


class Echo(Given):
    """Something said for the page, by a person in its inbox or by the app of this id."""

    to: str
    message_id: str | None = None
    text: str | None = None
    app_id: int | None = None
    metadata: str | None = None


def control_router(state: Callable[[], State], courier: Courier, ledger: Ledger) -> APIRouter:
    """The routes; the state is asked for each time, because a reset replaces it."""
    router = APIRouter(tags=["messenger"])
    _add_settings(router, state, ledger)
    _add_people(router, state, courier, ledger)
    _add_events(router, state, courier, ledger)
    return router


def _add_settings(router: APIRouter, state: Callable[[], State], ledger: Ledger) -> None:
    @router.post("/settings", status_code=204)
    async def change_settings(changed: Changed) -> None:
        """What follows a send, the window, tokens to refuse, and whether webhooks may be set."""
        state().settings = replace(state().settings, **changed.model_dump(exclude_none=True))

    @router.post("/advance", status_code=204)
    async def advance(passed: Passed) -> None:
        """Let time pass for the windows: whatever was said is so much older."""
        state().age(passed.seconds)

    @router.post("/people/{psid}", status_code=204)
    async def change_person(psid: str, known: Known) -> None:
        """Somebody who cannot be reached, or is called otherwise."""
        if known.state is not None:
            state().people[psid] = known.state
            seen: Object = {"account": None, "chat_id": psid, "what": "person", "content": {"state": known.state}}
            ledger.record("inbound", "messenger", seen)
        named = known.model_dump(exclude={"state"}, exclude_none=True)
        state().profiles[psid] = replace(state().profiles.get(psid, Profile()), **named)

    @router.post("/pages/{page}", status_code=204)
    async def register(page: str, given: Registered) -> None:
        """A page that may be spoken for with this token; pages of one app share its secret and its URL."""
        app = state().apps.setdefault(given.app_id, App(given.app_id, given.app_secret))
        fields = FIELDS if given.app_url else frozenset()
        if given.app_url:
            app.url, app.fields = given.app_url, fields
        state().pages[page] = Page(page, given.access_token, app, given.name, fields)


def _add_people(router: APIRouter, state: Callable[[], State], courier: Courier, ledger: Ledger) -> None:
    @router.post("/{page}/messages")
    async def say(page: str, said: Said) -> Object:
        """Somebody writes."""
        ours = _page(state(), page)
        message = _written(state(), ours, said.from_, said)
        item = said_by(ours, said.from_, message, said.seconds_ago)
        note(ledger, ours, said.from_, item)
        if ours.tells("messages"):
            courier.offer(Post(ours, call((ours, [item])), said.from_, said.text))
        return {"message_id": message["mid"]}

    @router.post("/{page}/batch")
    async def say_all(page: str, batch: Batch) -> Object:
        """Somebody writes several messages that are told in one call."""
        ours = _page(state(), page)
        messages = [_written(state(), ours, batch.from_, message) for message in batch.messages]
        items = [
            said_by(ours, batch.from_, message, given.seconds_ago)
            for given, message in zip(batch.messages, messages, strict=True)
        ]
        for item in items:
            note(ledger, ours, batch.from_, item)
        courier.offer(Post(ours, call((ours, [*batch.raw, *items])), batch.from_))
        return {"message_ids": [message["mid"] for message in messages]}


def _add_events(router: APIRouter, state: Callable[[], State], courier: Courier, ledger: Ledger) -> None:
    @router.post("/{page}/events", status_code=204)
    async def happen(page: str, event: Event) -> None:
        """Anything else that somebody does, told as it is."""
        ours = _page(state(), page)
        state().hear(ours, event.from_, time.monotonic())
        item = by_person(ours, event.from_, **event.fields)
        note(ledger, ours, event.from_, item)
        courier.offer(Post(ours, call((ours, [item]), edge=event.edge), event.from_))

    @router.post("/{page}/taps", status_code=204)
    async def tap(page: str, done: Tap) -> None:
        """Get Started, an ice breaker or an entry of the menu, told with the payload that the profile has."""
        ours = _page(state(), page)
        postback = tapped(ours, done.label)
        if postback is None:
            raise HTTPException(404, f"the page shows nothing with the label {done.label!r} that sends anything")
        state().hear(ours, done.from_, time.monotonic())
        item = by_person(ours, done.from_, postback={"mid": state().next_id(), **postback})
        note(ledger, ours, done.from_, item)
        if ours.tells("messaging_postbacks"):
            courier.offer(Post(ours, call((ours, [item])), done.from_))

    @router.post("/{page}/echoes")
    async def say_for_page(page: str, said: Echo) -> Object:
        """Somebody else speaks for the page, or an echo comes by hand: late, or twice."""
        ours = _page(state(), page)
        given = {"text": said.text, "app_id": said.app_id, "metadata": said.metadata}
        message: Object = {name: value for name, value in given.items() if value is not None}
        message["mid"] = said.message_id or state().next_id()
        item = echo(ours, said.to, message)
        note(ledger, ours, said.to, item)
        courier.offer(Post(ours, call((ours, [item])), said.to))
        return {"message_id": message["mid"]}


def _page(state: State, name: str) -> Page:
    """The page, made at its first mention; nobody may speak for it until it is registered."""
    return state.pages.setdefault(name, Page(name, access_token="", app=App("", "")))


def _written(state: State, page: Page, psid: str, message: Message) -> Object:
    state.hear(page, psid, time.monotonic() - message.seconds_ago)
    words: Object = {"text": message.text} if message.text is not None else {}
    return {"mid": message.id or state.next_id(), **words, **message.fields}
