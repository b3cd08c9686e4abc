"""Server-sent events as models send them: `data:` and a JSON value each (html.spec.whatwg.org, 9.2)."""

import json
from collections.abc import AsyncIterable, AsyncIterator

_DONE = b"[DONE]"


async def events(pieces: AsyncIterable[bytes]) -> AsyncIterator[object]:
    """The value of each event; None for the one that says that all is done. Raises `ValueError` for what is no JSON."""
    data: list[bytes] = []
    async for line in _lines(pieces):
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        elif not line and data:
            yield _value(b"\n".join(data))
            data.clear()
    if data:
        yield _value(b"\n".join(data))


def _value(data: bytes) -> object:
    if data.strip() == _DONE:
        return None
    value: object = json.loads(data)
    return value


async def _lines(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    # Not the client's own aiter_lines(): it also breaks at U+2028, which JSON may hold.
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r")
    if rest:
        yield rest.removesuffix(b"\r")
