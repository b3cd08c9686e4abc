"""The front door as Telegram calls it: well-formed updates, raw bytes, and what was recorded of them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database.engine import Database
from adapters.database.records import Event, Message
from settings import Settings
from tests.machine import PATIENCE_SECONDS, caller, taken
from tests.product import WEBHOOK_SECRET, MadeChannel, make_channel, running_api
from tests.simulated import TOKEN

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
CREDENTIALS = {"token": TOKEN, "webhook_secret": WEBHOOK_SECRET}
CHAT = 7


def said(number: int, text: str = "hello", chat: int = CHAT, **more: object) -> dict[str, object]:
    """An update with a message; its number is the message's too."""
    return {"update_id": number, "message": _message(number, text, chat, more)}


def edited(number: int, message_id: int, text: str, chat: int = CHAT, **more: object) -> dict[str, object]:
    """An update with an edit of an earlier message."""
    return {"update_id": number, "edited_message": _message(message_id, text, chat, {"edit_date": _now(), **more})}


def _message(number: int, text: str, chat: int, more: dict[str, object]) -> dict[str, object]:
    kind: dict[str, object] = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
    sender: dict[str, object] = {"id": abs(chat), "is_bot": False, "first_name": "Test"}
    return {"message_id": number, "date": _now(), "chat": kind, "from": sender, "text": text, **more}


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


@dataclass(frozen=True)
class Door:
    """A running API, and one Telegram channel behind it."""

    url: str
    client: httpx.AsyncClient
    database: Database
    channel: MadeChannel

    @property
    def path(self) -> str:
        """What Telegram calls."""
        return f"/webhooks/telegram/{self.channel.id}"

    async def post(self, update: object, **headers: str) -> httpx.Response:
        """Telegram calls with an update."""
        secret = {SECRET_HEADER: WEBHOOK_SECRET}
        return await self.client.post(self.path, content=json.dumps(update), headers={**secret, **headers})

    async def post_until_taken(self, update: object) -> httpx.Response:
        """Telegram calls, and again as long as it is told to come later."""
        return await taken(lambda: self.post(update))

    async def post_bytes(self, body: bytes) -> httpx.Response:
        """Telegram calls with something else."""
        return await self.client.post(self.path, content=body, headers={SECRET_HEADER: WEBHOOK_SECRET})

    async def raw(self, head: str, body: bytes = b"", path: str | None = None) -> bytes:
        """The answer to a POST with these header lines (and no others); the connection stays open for it."""
        lines = [f"POST {path or self.path} HTTP/1.1", "Host: test", *head.splitlines(), "", ""]
        return await exchange(self.url, "\r\n".join(lines).encode("latin-1") + body)

    async def events(self) -> list[tuple[str, str, str | None]]:
        """Kind, state and reason of every event, in order."""
        query = select(Event.kind, Event.state, Event.reason).where(~Event.ours).order_by(Event.received_at, Event.seq)
        async with self.database.begin() as connection:
            return [(row.kind, row.state, row.reason) for row in await connection.execute(query)]

    async def texts(self) -> list[str]:
        """What contacts said, in order."""
        query = select(Message.text).where(Message.direction == "inbound").order_by(Message.created_at, Message.seq)
        async with self.database.begin() as connection:
            return list((await connection.scalars(query)).all())

    async def conversations(self) -> list[UUID]:
        """The conversations that something was recorded in."""
        query = select(Event.conversation_id).where(Event.conversation_id.is_not(None)).distinct()
        async with self.database.begin() as connection:
            return [item for item in (await connection.scalars(query)).all() if item]


@asynccontextmanager
async def open_door(settings: Settings, database: Database, **bot: JsonValue) -> AsyncIterator[Door]:
    """The API alone, with a bot on Telegram: what it hands over waits for a worker that does not come."""
    channel = await make_channel(settings, database, "telegram", CREDENTIALS, **bot)
    async with running_api(settings) as url, caller(url) as client:
        yield Door(url, client, database, channel)


async def exchange(url: str, request: bytes, within_seconds: float = PATIENCE_SECONDS) -> bytes:
    """What a server answers to these bytes, as far as the answer's own length goes."""
    address = urlsplit(url)
    async with asyncio.timeout(within_seconds):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            writer.write(request)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            return head + await reader.readexactly(_length(head))
        finally:
            writer.transport.abort()


def _length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name == b"content-length"), 0)


def status_of(answer: bytes) -> int:
    """The status of a raw answer."""
    return int(answer.split(b" ", 2)[1])
