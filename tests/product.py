"""The product as tests run it: API and worker of one database and one task queue, on real servers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import uvicorn
from pydantic import JsonValue
from sqlalchemy import insert

import worker
from adapters.database import keys, workspaces
from adapters.database.channels import credentials_vault, keys_vault, seal_credentials
from adapters.database.engine import Database
from adapters.database.tables import BotRow, ChannelRow, Role
from adapters.ports import free_port
from api.app import create_app
from domain.bots import Bot
from settings import Settings
from tests.machine import until


@dataclass(frozen=True)
class MadeChannel:
    """A channel made for a test, with its bot and workspace."""

    id: UUID
    bot_id: UUID
    workspace_id: UUID


async def make_channel(
    settings: Settings,
    database: Database,
    platform: str = "webchat",
    credentials: dict[str, str] | None = None,
    channel_settings: dict[str, JsonValue] | None = None,
    **bot: JsonValue,
) -> MadeChannel:
    """A bot with one channel, in the workspace `default`."""
    described = Bot.model_validate({"name": "Ada", **bot})
    bot_id, channel_id = uuid4(), uuid4()
    async with database.begin() as connection:
        workspace_id = await workspaces.ensure(connection, "default")
        row = {"id": bot_id, "workspace_id": workspace_id, "name": described.name}
        await connection.execute(insert(BotRow).values(**row, settings=described.model_dump(mode="json")))
        sealed = seal_credentials(credentials_vault(settings.secrets()), channel_id, credentials or {})
        row = {"id": channel_id, "workspace_id": workspace_id, "bot_id": bot_id, "platform": platform}
        await connection.execute(
            insert(ChannelRow).values(**row, name=platform, settings=channel_settings or {}, **sealed)
        )
    return MadeChannel(channel_id, bot_id, workspace_id)


async def make_key(settings: Settings, database: Database, workspace: str = "default", role: Role = Role.ADMIN) -> str:
    """An API key of a workspace."""
    async with database.begin() as connection:
        workspace_id = await workspaces.ensure(connection, workspace)
        return await keys.create(connection, keys_vault(settings.secrets()), workspace_id, role, "test")


@asynccontextmanager
async def running_api(settings: Settings, port: int | None = None) -> AsyncIterator[str]:
    """The API on a port of its own; its address."""
    chosen = port or free_port()
    config = uvicorn.Config(create_app(settings), port=chosen, log_config=None, lifespan="on", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started or serving.done())
    if serving.done():
        serving.result()
    try:
        yield f"http://127.0.0.1:{chosen}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def running_worker(settings: Settings) -> AsyncIterator[None]:
    """A worker for all queues."""
    stop = asyncio.Event()
    working = asyncio.create_task(worker.run(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await working


class Visitor:
    """Someone at the webchat, speaking its protocol."""

    def __init__(self, client: httpx.AsyncClient, channel_id: UUID) -> None:
        self._client = client
        self._path = f"/webchat/{channel_id}"
        self.session: dict[str, object] = {}

    async def enter(self, **asked: object) -> dict[str, object]:
        """Open (or resume) a session."""
        answer = await self._client.post(f"{self._path}/sessions", json=asked)
        answer.raise_for_status()
        self.session = {"secret": asked.get("secret")} | {k: v for k, v in answer.json().items() if v is not None}
        return self.session

    @property
    def headers(self) -> dict[str, str]:
        """The token, as each further call carries it."""
        return {"Authorization": f"Bearer {self.session['token']}"}

    async def say(self, text: str, client_msg_id: str | None = None) -> httpx.Response:
        """Send a message."""
        body = {"client_msg_id": client_msg_id or str(uuid4()), "type": "text", "text": text}
        return await self._client.post(f"{self._path}/messages", json=body, headers=self.headers)

    async def messages(self, after_seq: int = 0) -> list[dict[str, object]]:
        """What was said so far."""
        answer = await self._client.get(
            f"{self._path}/messages", params={"after_seq": after_seq}, headers=self.headers
        )
        answer.raise_for_status()
        return list(answer.json()["items"])

    async def heard(self, count: int, within_seconds: float = 20.0) -> list[dict[str, object]]:
        """The answers so far, once there are so many."""
        found: list[dict[str, object]] = []

        async def enough() -> bool:
            found[:] = [item for item in await self.messages() if item["direction"] == "outbound"]
            return len(found) >= count

        await until(enough, within_seconds)
        return found


def now() -> datetime:
    """The time, for rows that tests make."""
    return datetime.now(UTC)
