"""Bodies under /v1 and elsewhere: not larger and not slower than agreed, whatever their sender declares."""

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, response

V1_BYTES = 2 * 1024 * 1024
_SECONDS = 30.0
_DIGITS = 18
"""More than any limit needs, and few enough for every such number to be read."""


class BodyLimit:
    """Refuses bodies above `max_bytes` with 413, and with 408 those that take longer than `max_seconds` to arrive.

    What a header declares is refused before anything is read; what comes in pieces, at the first piece too many.
    Only paths under `prefix` are held to it, without those that are under a `larger` limit of their own. A `*` in
    either stands for one part of a path.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int = V1_BYTES,
        prefix: str = "/v1",
        max_seconds: float = _SECONDS,
        larger: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._prefix = prefix
        self._max_seconds = max_seconds
        self._larger = larger

    def _is_held(self, path: str) -> bool:
        return _is_under(path, self._prefix) and not any(_is_under(path, larger) for larger in self._larger)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http" or not self._is_held(scope["path"]):
            await self._app(scope, receive, send)
        elif _declared_bytes(scope) > self._max_bytes:
            answer = response(Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._too_large()))
            await answer(scope, receive, send)
        else:
            body = _Body(receive, self._max_bytes, self._max_seconds, self._too_large())
            await self._app(scope, body.receive, send)

    def _too_large(self) -> str:
        return f"The body is larger than {self._max_bytes} bytes; send less."


class _Body:
    """The body of one request, counted and timed as it is read."""

    def __init__(self, receive: Receive, max_bytes: int, max_seconds: float, too_large: str) -> None:
        self._receive = receive
        self._room = max_bytes
        self._max_seconds = max_seconds
        self._too_large = too_large
        self._deadline: float | None = None
        self._complete = False

    async def receive(self) -> Message:
        """The next piece; raises what the app answers with 413 or 408."""
        if self._complete:
            # What comes behind the body is the news that the client went away, for which an answer may wait long.
            return await self._receive()
        if self._deadline is None:
            self._deadline = time.monotonic() + self._max_seconds
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                message = await self._receive()
        except TimeoutError as error:
            detail = f"The body took longer than {self._max_seconds:.0f} seconds; send it faster."
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, detail) from error
        self._room -= len(message.get("body", b""))
        if self._room < 0:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._too_large)
        self._complete = not message.get("more_body", False)
        return message


def _is_under(path: str, prefix: str) -> bool:
    wanted, given = prefix.split("/"), path.split("/")
    return len(given) >= len(wanted) and all(map(_fits, wanted, given))


def _fits(wanted: str, given: str) -> bool:
    return wanted in ("*", given)


def _declared_bytes(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:_DIGITS])
    return 0
