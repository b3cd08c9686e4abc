"""Server-sent events as tests read them, piece by piece."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx

from tests.product import Visitor


@dataclass(frozen=True)
class Heard:
    """One event of a stream; what is not durable has no id."""

    event: str
    id: int | None
    data: dict[str, object]


class Stream:
    """An open stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self, *kinds: str) -> Heard:
        """The next event, of these kinds where any are named; raises `EOFError` when the stream ends."""
        async with asyncio.timeout(10):
            while True:
                fields = await self._block()
                if "event" in fields and (not kinds or fields["event"] in kinds):
                    number = int(fields["id"]) if "id" in fields else None
                    return Heard(fields["event"], number, json.loads(fields["data"]))

    async def _block(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                return fields
            name, _, value = line.partition(": ")
            fields[name] = value
        raise EOFError


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, channel_id: UUID, visitor: Visitor, after_seq: int = 0, **headers: str
) -> AsyncIterator[Stream]:
    """The stream of a visitor's session."""
    path = f"/webchat/{channel_id}/stream"
    params = {"after_seq": after_seq}
    async with client.stream("GET", path, params=params, headers={**visitor.headers, **headers}) as answer:
        answer.raise_for_status()
        yield Stream(answer)
