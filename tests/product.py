"""The product as tests run it: API and worker of one database and one task queue, on real servers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid4

import httpx
from pydantic import JsonValue
from sqlalchemy import insert, select

import worker
from adapters.database import keys, workspaces
from adapters.database.channels import ChannelAccess, credentials_vault, keys_vault, load, seal_credentials
from adapters.database.engine import Database
from adapters.database.records import Event
from adapters.database.tables import BotRow, ChannelRow, Role
from adapters.platforms.catalogue import http_client, platforms
from commands.serving import api_server, listen
from domain.bots import Bot
from domain.platforms import PlatformName
from settings import Settings
from tests.machine import PATIENCE_SECONDS, caller, taken, until
from tests.simulated import TOKEN, Simulated

WEBHOOK_SECRET = "s3cret_-A"


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
    """The API, served as it always is, on a port of its own; its address."""
    listener = listen("127.0.0.1", port or 0)
    server = api_server(settings)
    serving = asyncio.create_task(server.serve([listener]))
    await until(lambda: server.started or serving.done())
    if serving.done():
        serving.result()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
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
        self.client = client
        self.path = f"/webchat/{channel_id}"
        self.session: dict[str, object] = {}

    async def enter(self, **asked: object) -> dict[str, object]:
        """Open (or resume) a session."""
        answer = await taken(lambda: self.client.post(f"{self.path}/sessions", json=asked))
        answer.raise_for_status()
        self.session = {"secret": asked.get("secret")} | {k: v for k, v in answer.json().items() if v is not None}
        return self.session

    @property
    def headers(self) -> dict[str, str]:
        """The token, as each further call carries it."""
        return {"Authorization": f"Bearer {self.session['token']}"}

    async def say(self, text: str, client_msg_id: str | None = None) -> httpx.Response:
        """Send a message, as often as it takes."""
        named = client_msg_id or str(uuid4())
        return await taken(lambda: self.try_to_say(text, named))

    async def say_in_its_time(self, text: str) -> None:
        """Send a message, and wait first where so many were sent that the product asks for it."""
        named = str(uuid4())

        async def is_allowed() -> bool:
            answer = await self.say(text, named)
            if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                return False
            answer.raise_for_status()
            return True

        await until(is_allowed)

    async def try_to_say(self, text: str, client_msg_id: str) -> httpx.Response:
        """Send a message, and leave it at that."""
        body = {"client_msg_id": client_msg_id, "type": "text", "text": text}
        return await self.client.post(f"{self.path}/messages", json=body, headers=self.headers)

    async def press(self, label: str, value: str) -> httpx.Response:
        """Press a button."""
        body = {"client_msg_id": str(uuid4()), "type": "button", "text": label, "value": value}
        return await taken(lambda: self.client.post(f"{self.path}/messages", json=body, headers=self.headers))

    async def messages(self, after_seq: int = 0) -> list[dict[str, object]]:
        """What was said so far, to the last page."""
        found: list[dict[str, object]] = []
        after: str | None = str(after_seq)
        while after is not None:
            items, after = await self._page(after)
            found += items
        return found

    async def _page(self, after_seq: str) -> tuple[list[dict[str, object]], str | None]:
        where, asked = f"{self.path}/messages", {"after_seq": after_seq}
        answer = await taken(lambda: self.client.get(where, params=asked, headers=self.headers))
        answer.raise_for_status()
        page = answer.json()
        return page["items"], page["next_cursor"]

    async def heard(self, count: int, within_seconds: float = PATIENCE_SECONDS) -> list[dict[str, object]]:
        """The answers so far, once there are so many."""
        found: list[dict[str, object]] = []

        async def enough() -> bool:
            found[:] = [item for item in await self.messages() if item["direction"] == "outbound"]
            return len(found) >= count

        await until(enough, within_seconds)
        return found


@dataclass(frozen=True)
class Operator:
    """Someone who works with the API."""

    client: httpx.AsyncClient
    key: str

    async def post(self, path: str, **body: JsonValue) -> dict[str, JsonValue]:
        """Have something done that is expected to work."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(uuid4())}
        answer = await taken(lambda: self.client.post(f"/v1{path}", json=body, headers=headers))
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def get(self, path: str, **query: str) -> dict[str, JsonValue]:
        """Look at something."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = await taken(lambda: self.client.get(f"/v1{path}", params=query, headers=headers))
        assert answer.is_success, answer.text
        return dict(answer.json())


@dataclass(frozen=True)
class Product:
    """API and worker, and what tests do with them."""

    settings: Settings
    url: str
    client: httpx.AsyncClient
    database: Database
    simulated: Simulated

    async def channel(self, platform: str = "webchat", **bot: JsonValue) -> MadeChannel:
        """A bot with one channel."""
        credentials = {"token": TOKEN, "webhook_secret": WEBHOOK_SECRET} if platform == "telegram" else None
        return await make_channel(self.settings, self.database, platform, credentials, **bot)

    async def visitor(self, **bot: JsonValue) -> Visitor:
        """Someone at the webchat of a new bot."""
        channel = await self.channel(**bot)
        visitor = Visitor(self.client, channel.id)
        await visitor.enter()
        return visitor

    async def visit(self, channel_id: str) -> Visitor:
        """Someone at the webchat of a channel."""
        visitor = Visitor(self.client, UUID(channel_id))
        await visitor.enter()
        return visitor

    async def telegram(self, **bot: JsonValue) -> MadeChannel:
        """A bot on Telegram, its webhook registered with the simulator."""
        channel = await self.channel("telegram", **bot)
        access = await self.access(channel)
        url = f"{self.url}/webhooks/telegram/{channel.id}"
        http = http_client()
        await platforms(self.settings, http)[PlatformName.TELEGRAM].register(access.channel, url)
        await http.close()
        return channel

    async def access(self, channel: MadeChannel) -> ChannelAccess:
        """The channel as the product loads it."""
        async with self.database.begin() as connection:
            loaded = await load(connection, credentials_vault(self.settings.secrets()), channel.id)
        assert loaded is not None
        return loaded

    async def operator(self) -> "Operator":
        """Someone with an API key."""
        return Operator(self.client, await make_key(self.settings, self.database))

    async def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every event, in order."""
        query = select(Event.state, Event.reason).where(~Event.ours).order_by(Event.received_at, Event.seq)
        async with self.database.begin() as connection:
            return [(row.state, row.reason) for row in await connection.execute(query)]

    async def until_asked(self, times: int = 1) -> None:
        """Wait until the model has been asked so often."""

        async def asked() -> bool:
            return len(await self.simulated.asked()) >= times

        await until(asked)

    async def until_states(self, *wanted: str, within_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the events stand so."""

        async def stand() -> bool:
            return [state for state, _ in await self.states()] == list(wanted)

        await until(stand, within_seconds)


@asynccontextmanager
async def running_product(settings: Settings, database: Database, simulated: Simulated) -> AsyncIterator[Product]:
    """API and worker of these settings."""
    async with (
        running_api(settings) as url,
        running_worker(settings),
        caller(url) as client,
    ):
        yield Product(settings, url, client, database, simulated)
