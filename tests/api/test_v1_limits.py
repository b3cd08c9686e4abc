"""Bodies are bounded in size and time, whatever is declared."""

import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from api.limits import BodyLimit


async def read_all(receive: Receive) -> int:
    """How many bytes come, until there are no more."""
    read, more = 0, True
    while more:
        message = await receive()
        read += len(message.get("body", b""))
        more = message.get("more_body", False)
    return read


async def answered(
    scope: Scope, receive: Receive, limit: type[BodyLimit] = BodyLimit, **bounds: float
) -> list[Message]:
    """What goes out for a request whose app reads its body and says how long it was."""
    sent: list[Message] = []

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "read": await read_all(receive)})

    async def send(message: Message) -> None:
        sent.append(message)

    await limit(app, max_bytes=10, **bounds)(scope, receive, send)  # type: ignore[arg-type]  # seconds
    return sent


def request(path: str = "/v1/bots", **headers: str) -> Scope:
    """A request's scope."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "path": path, "headers": named}


def pieces(*bodies: bytes) -> Receive:
    """A body that comes in pieces."""
    coming = iter(bodies)

    async def receive() -> Message:
        body = next(coming)
        return {"type": "http.request", "body": body, "more_body": body != bodies[-1]}

    return receive


async def never() -> Message:
    """A body that does not come."""
    await asyncio.Event().wait()
    raise AssertionError


async def test_what_fits_is_read() -> None:
    assert (await answered(request(), pieces(b"12345", b"67890")))[0]["read"] == 10


async def test_a_declared_length_is_refused_before_anything_is_read() -> None:
    for declared in ("11", "9" * 5000):
        assert (await answered(request(content_length=declared), never))[0]["status"] == 413


async def test_the_first_piece_too_many_is_refused_whatever_was_declared() -> None:
    with pytest.raises(HTTPException) as refused:
        await answered(request(content_length="3"), pieces(b"123456", b"789012", b"never read"))
    assert refused.value.status_code == 413


async def test_a_body_that_does_not_come_is_given_up() -> None:
    with pytest.raises(HTTPException) as refused:
        await answered(request(), never, max_seconds=0.01)
    assert refused.value.status_code == 408


async def test_other_paths_have_limits_of_their_own() -> None:
    for path in ("/webhooks/telegram/x", "/v10/bots", "/"):
        assert (await answered(request(path), pieces(b"x" * 11)))[0]["read"] == 11
