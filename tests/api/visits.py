"""What visitors do that takes more than a call: listening to a stream, and saying much."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import httpx

from adapters.database import channels, events
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from domain.events import EventKind, InboundEvent
from settings import Settings
from tests.machine import PATIENCE_SECONDS
from tests.product import MadeChannel, Visitor


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
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                fields = await self._block()
                if "event" in fields and (not kinds or fields["event"] in kinds):
                    number = int(fields["id"]) if "id" in fields else None
                    return Heard(fields["event"], number, json.loads(fields["data"]))

    async def ended(self, within_seconds: float) -> None:
        """Returns once nothing more comes."""
        async with asyncio.timeout(within_seconds):
            with suppress(EOFError, httpx.RemoteProtocolError):
                while True:
                    await self._block()

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
    client: httpx.AsyncClient, channel_id: UUID, visitor: Visitor, after_seq: int = 0, last_event_id: str | None = None
) -> AsyncIterator[Stream]:
    """The stream of a visitor's session."""
    path = f"/webchat/{channel_id}/stream?after_seq={after_seq}"
    seen = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    async with client.stream("GET", path, headers={**visitor.headers, **seen}) as answer:
        answer.raise_for_status()
        yield Stream(answer)


async def say_many(visitor: Visitor, channel: MadeChannel, settings: Settings, database: Database, count: int) -> None:
    """So many messages of a visitor, past the rate."""
    session = str(visitor.session["session_id"])
    told = [
        InboundEvent(key=f"{session}:{number}", kind=EventKind.MESSAGE, chat=session, text=f"number {number}")
        for number in range(count)
    ]
    async with database.begin() as connection:
        access = await channels.load(connection, credentials_vault(settings.secrets()), channel.id)
        assert access is not None
        await events.record(connection, access, told, datetime.now(UTC))
