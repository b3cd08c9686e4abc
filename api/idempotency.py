"""`Idempotency-Key`: the repeat of a request gets the answer of the first, and one of two at once runs."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException

from adapters.database import idempotency
from adapters.database.idempotency import Kept, Lock
from adapters.vault import KeyMissing, Sealed
from api.problems import Problem, invalid
from api.resources import Resources, Using
from api.security import Admin, Operator, Principal

REPLAYED = "Idempotency-Replayed"
_MOST_CHARACTERS = 255
_JSON = "application/json"
_LOOKS = 3

_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Chosen by the client, up to 255 ASCII characters. A repeat within 24 hours with the same key and "
        "body gets the first answer, with `Idempotency-Replayed: true`; with another body 422; while the first still "
        "runs 409.",
    ),
]


class Replayed(Exception):
    """The request was made before; `response` is what it was answered."""

    def __init__(self, response: Response) -> None:
        super().__init__("the first answer is given again")
        self.response = response


class Once:
    """One request, and the key under which it runs at most once; without a key nothing is kept."""

    def __init__(self, who: Principal, using: Resources, status: int, lock: Lock | None) -> None:
        self.who = who
        self._using = using
        self._status = status
        self._lock = lock

    async def keep(self, connection: AsyncConnection, answer: BaseModel) -> None:
        """Keep the answer in the transaction that does the deed: whoever asks after a crash gets it, not a second deed.

        409 when this request ran for so long that its repeat took the key over.
        """
        if self._lock is None:
            return
        body = _seal(self._using, self._lock, answer.model_dump_json().encode())
        if not await idempotency.keep(connection, self._lock, self._status, body, _JSON, self._lock.until):
            raise _running()

    async def finish(self, response: Response) -> None:
        """Keep the answer as it goes out; one that says that we failed is not kept, so that a repeat runs."""
        if self._lock is None:
            return
        now = datetime.now(UTC)
        async with self._using.database.begin() as connection:
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                await idempotency.give_back(connection, self._lock, now)
            else:
                body = _seal(self._using, self._lock, bytes(response.body))
                kind = response.headers.get("content-type", _JSON)
                await idempotency.keep(connection, self._lock, response.status_code, body, kind, now)

    async def give_back(self) -> None:
        """Let a repeat run at once; this one failed."""
        if self._lock is not None:
            async with self._using.database.begin() as connection:
                await idempotency.give_back(connection, self._lock, datetime.now(UTC))


async def _operator_once(request: Request, using: Using, who: Operator, key: _Key = None) -> Once:
    return await _begin(request, using, who, key)


async def _admin_once(request: Request, using: Using, who: Admin, key: _Key = None) -> Once:
    return await _begin(request, using, who, key)


OperatorOnce = Annotated[Once, Depends(_operator_once)]
AdminOnce = Annotated[Once, Depends(_admin_once)]
BEGINNINGS = (_operator_once, _admin_once)
"""Every POST under /v1, and whatever else takes a key, depends on one of these, behind its role: a stored answer is for
those who may ask."""


async def _begin(request: Request, using: Resources, who: Principal, key: str | None) -> Once:
    lock = None if key is None else await _claim(request, using, who, key)
    once = Once(who, using, getattr(request.scope.get("route"), "status_code", None) or HTTPStatus.OK, lock)
    request.state.once = once
    return once


async def _claim(request: Request, using: Resources, who: Principal, key: str) -> Lock:
    if not 0 < len(key) <= _MOST_CHARACTERS or not key.isascii() or not key.isprintable():
        raise invalid(f"Idempotency-Key: give 1 to {_MOST_CHARACTERS} printable ASCII characters.")
    digests = using.keys.fingerprints(await _identity(request))
    for _ in range(_LOOKS):
        async with using.database.begin() as connection:
            found = await idempotency.claim(connection, who.workspace_id, key, digests, datetime.now(UTC))
        if isinstance(found, Lock):
            return found
        if found is not None:
            raise _earlier(using, Lock(who.workspace_id, key, datetime.now(UTC)), found, digests)
    raise _running()


async def _identity(request: Request) -> str:
    """What has to be the same in a repeat: method, address and body."""
    content = hashlib.sha256(await request.body()).hexdigest()
    return f"{request.method} {request.url.path}?{request.url.query} {content}"


def _earlier(using: Resources, lock: Lock, kept: Kept, digests: tuple[str, ...]) -> Exception:
    if kept.digest not in digests:
        return invalid(
            "Idempotency-Key: another request was made with this key; take a new key for a new request.",
            "idempotency_key_reused",
        )
    if kept.running or kept.status is None:
        return _running()
    try:
        body = _open(using, lock, kept.body)
    except KeyMissing:
        return Problem(409, "The request was done, and SECRET_KEY no longer opens its answer.", "answer_unreadable")
    return Replayed(Response(body, kept.status, {REPLAYED: "true"}, media_type=kept.content_type))


def _running() -> Problem:
    return Problem(
        409,
        "A request with this Idempotency-Key still runs; ask again shortly.",
        "idempotency_key_in_use",
        {"Retry-After": "1"},
    )


def _about(lock: Lock) -> bytes:
    return lock.workspace_id.bytes + lock.key.encode()


def _seal(using: Resources, lock: Lock, body: bytes) -> bytes:
    """Answers hold what contacts said, and the answer to making an API key holds its secret."""
    sealed = using.credentials.seal(body, about=_about(lock))
    return sealed.key_id.encode() + b":" + sealed.ciphertext


def _open(using: Resources, lock: Lock, body: bytes) -> bytes:
    key_id, _, ciphertext = body.partition(b":")
    return using.credentials.open(Sealed(key_id.decode(), ciphertext), about=_about(lock))


async def run(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answer a request; where it took a key, keep what comes of it before it goes out."""
    try:
        response = await answer(request)
    except Replayed as replay:
        return replay.response
    except (Problem, HTTPException, RequestValidationError) as error:
        if _of(request) is None:
            raise
        response = await _told(request, error)
    except Exception:
        if once := _of(request):
            await once.give_back()
        raise
    if once := _of(request):
        await once.finish(response)
    return response


async def _told(request: Request, error: Exception) -> Response:
    """The error as the app answers it."""
    handlers = request.app.exception_handlers
    handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    response = await handler(request, error)
    assert isinstance(response, Response)
    return response


def _of(request: Request) -> Once | None:
    once = getattr(request.state, "once", None)
    return once if isinstance(once, Once) else None
