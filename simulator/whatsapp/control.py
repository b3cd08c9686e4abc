"""Below `/_sim/whatsapp`: numbers, the people who write to them, and what becomes of what they are sent."""

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from simulator.graph.courier import Courier, Post
from simulator.ledger import Ledger
from simulator.whatsapp.automation import tapped
from simulator.whatsapp.calls import call, note, status, told
from simulator.whatsapp.refusals import failure
from simulator.whatsapp.state import Number, PersonState, State
from simulator.whatsapp.templates import Status as TemplateStatus
from simulator.whatsapp.templates import Template
from simulator.wire import JSON, Object, unix_time


class Given(BaseModel):
    """Whatever the control API is given; unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Registered(Given):
    """A number of a business; `app_url` is the callback URL of its app."""

    access_token: str
    app_secret: str
    app_url: str | None = None
    display: str = "15550783881"
    name: str = "Test Business"


class Changed(Given):
    """What holds for all numbers; what is left out stays as it is."""

    statuses: tuple[Literal["sent", "delivered", "read", "played"], ...] | None = None
    statuses_together: bool | None = None
    pair_limit: bool | None = None
    window: bool | None = None
    refused_tokens: frozenset[str] | None = None
    may_configure: bool | None = None


class Kept(Given):
    """A template of the account that all numbers are of."""

    name: str
    language: str = "en_US"
    status: TemplateStatus = "APPROVED"
    body: str
    header: str | None = None
    header_format: str = "TEXT"
    footer: str | None = None
    buttons: list[Object] = Field(default_factory=list)
    category: str = "UTILITY"


class Passed(Given):
    """How much time has passed."""

    seconds: float = Field(gt=0)


class Known(Given):
    """What sending to somebody meets."""

    state: PersonState | None = None
    known_as: str | None = None
    name: str | None = None
    user_id: str | None = None


class Message(Given):
    """A text, or with `fields` whatever they make of it; `hides_number` leaves only the id for this business.

    It was said `seconds_ago`, and is told only now.
    """

    text: str | None = None
    id: str | None = None
    hides_number: bool = False
    seconds_ago: float = 0
    fields: Object = Field(default_factory=dict)


class Said(Message):
    """Somebody writes to a number."""

    from_: str = Field(alias="from")


class Tap(Given):
    """Somebody taps an ice breaker, or a command, by what stands on it."""

    from_: str = Field(alias="from")
    label: str


class Batch(Given):
    """Several messages in one call; `raw` are items that nobody wrote so, put between the others."""

    from_: str = Field(alias="from")
    messages: list[Message]
    raw: list[JSON] = Field(default_factory=list)
    through: str | None = None


class Brought(Given):
    """A file that somebody has, before a message names it."""

    mime_type: str = "image/png"
    content_base64: str


class Status(Given):
    """What becomes of a message, told by hand."""

    message_id: str
    status: Literal["sent", "delivered", "read", "played", "failed"]
    recipient: str
    mark: str | None = None
    code: int | None = None


def control_router(state: Callable[[], State], courier: Courier, ledger: Ledger) -> APIRouter:
    """The routes; the state is asked for each time, because a reset replaces it."""
    router = APIRouter(tags=["whatsapp"])
    _add_settings(router, state, ledger)
    _add_people(router, state, courier, ledger)
    return router


def _add_settings(router: APIRouter, state: Callable[[], State], ledger: Ledger) -> None:
    @router.post("/settings", status_code=204)
    async def change_settings(changed: Changed) -> None:
        """Statuses, limits, the window, tokens to refuse, and whether a number's webhook may be set."""
        state().settings = replace(state().settings, **changed.model_dump(exclude_none=True))

    @router.post("/templates", status_code=204)
    async def keep_template(kept: Kept) -> None:
        """A template, new or changed; only an approved one is sent."""
        state().templates[kept.name, kept.language] = Template(**kept.model_dump())

    @router.post("/advance", status_code=204)
    async def advance(passed: Passed) -> None:
        """Let time pass for the windows: whatever was said is so much older."""
        for pair in state().pairs.values():
            pair.age(passed.seconds)

    @router.post("/people/{wa_id}", status_code=204)
    async def change_person(wa_id: str, known: Known) -> None:
        """Somebody who cannot be reached (`undeliverable`, seen in a status; `refused`, at once), or is not allowed."""
        person = state().person(wa_id)
        for name, value in known.model_dump(exclude_none=True).items():
            setattr(person, name, value)
        note(ledger, None, wa_id, "person", {"state": person.state, "name": person.name})

    @router.post("/media")
    async def bring(brought: Brought) -> Object:
        """A file by its id, as a message's `image` and the like name it."""
        media = state().keep(brought.mime_type, base64.b64decode(brought.content_base64))
        return {"id": media.id, "mime_type": media.mime_type}

    @router.post("/numbers/{number}", status_code=204)
    async def register(number: str, given: Registered) -> None:
        """A number that may be spoken for with this token."""
        state().numbers[number] = Number(number, **given.model_dump())


def _add_people(router: APIRouter, state: Callable[[], State], courier: Courier, ledger: Ledger) -> None:
    def said_to(ours: Number, said: Said) -> Object:
        message = _written(state(), ours, said.from_, said)
        note(ledger, ours, said.from_, "message", message)
        change = told(ours, [state().person(said.from_)], messages=[message])
        courier.offer(Post(ours, call((ours, change)), said.from_, said.text))
        return {"message_id": message["id"]}

    @router.post("/{number}/messages")
    async def say(number: str, said: Said) -> Object:
        """Somebody writes."""
        return said_to(_number(state(), number), said)

    @router.post("/{number}/taps")
    async def tap(number: str, done: Tap) -> Object:
        """Somebody taps what the number shows, which says it."""
        ours = _number(state(), number)
        if not tapped(ours, done.label):
            raise HTTPException(404, f"the number shows nothing with the label {done.label!r}")
        return said_to(ours, Said(**{"from": done.from_}, text=done.label))

    @router.post("/{number}/batch")
    async def say_all(number: str, batch: Batch) -> Object:
        """Somebody writes several messages that are told in one call, posted to the webhook of `through`."""
        ours = _number(state(), number)
        messages = [_written(state(), ours, batch.from_, message) for message in batch.messages]
        for message in messages:
            note(ledger, ours, batch.from_, "message", message)
        change = told(ours, [state().person(batch.from_)], messages=[*batch.raw, *messages])
        courier.offer(Post(_number(state(), batch.through or number), call((ours, change)), batch.from_))
        return {"message_ids": [message["id"] for message in messages]}

    @router.post("/{number}/statuses", status_code=204)
    async def tell(number: str, said: Status) -> None:
        """A status by hand, early, late or twice."""
        ours = _number(state(), number)
        failed = failure(said.code) if said.code else None
        content = status(said.message_id, said.status, said.recipient, said.mark, failed)
        note(ledger, ours, said.recipient, "status", content)
        courier.offer(Post(ours, call((ours, told(ours, statuses=[content]))), said.recipient))


def _number(state: State, name: str) -> Number:
    """The number, made at its first mention; nobody may speak for it until it is registered."""
    return state.numbers.setdefault(name, Number(name, access_token="", app_secret=""))


def _written(state: State, number: Number, wa_id: str, message: Message) -> Object:
    person = state.person(wa_id)
    name = message.id or state.next_id()
    state.heard.add(name)
    said_at = time.monotonic() - message.seconds_ago
    state.pair(number, wa_id).hear(said_at)
    written: Object = {"from": wa_id, "id": name, "timestamp": str(unix_time() - int(message.seconds_ago))}
    if person.user_id:
        written["from_user_id"] = person.user_id
    if message.hides_number and person.user_id:
        del written["from"]
        state.pair(number, person.user_id).hear(said_at)
    words: Object = {"type": "text", "text": {"body": message.text}} if message.text is not None else {}
    return {**written, **words, **message.fields}
