"""Discord as tests of the product steer and read it: a bot, people who write to it, and a gateway that listens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue
from sqlalchemy import select, update

from adapters.database.tables import ChannelRow, Conversation
from adapters.platforms.catalogue import http_client, platforms
from commands.gateway import poll
from domain.platforms import PlatformName
from tests.machine import PATIENCE_SECONDS, until
from tests.product import MadeChannel, Product, make_channel

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAw.GabcdE." + "a" * 38
PERSON = "7000001"
ROOM = "8000001"
OWN = ("ignored", "own_message")
"""How the bot's own message stands, which the gateway tells it of."""


@dataclass(frozen=True)
class Server:
    """A bot on Discord, its app set up."""

    product: Product
    channel: MadeChannel
    token: ClassVar[str] = TOKEN

    async def set_up(self, **settings: JsonValue) -> None:
        """The owner gives the channel these settings."""
        row = ChannelRow.id == self.channel.id
        async with self.product.database.begin() as connection:
            before = (await connection.execute(select(ChannelRow.settings).where(row))).scalar_one()
            await connection.execute(update(ChannelRow).where(row).values(settings={**before, **settings}))

    async def post(self, path: str, **what: object) -> dict[str, object]:
        """Somebody does something there."""
        return await self.product.simulated.post(f"/discord/{TOKEN}{path}", **what)

    async def say(self, text: str, **more: object) -> str:
        """Somebody writes to the bot, and the id of that."""
        return str((await self.post("/messages", text=text, **more))["id"])

    async def ask(self, text: str, **more: object) -> str:
        """Somebody asks by the slash command, and where."""
        return str((await self.post("/commands", text=text, **more))["channel_id"])

    async def sent(self, method: str = "messages.create") -> list[dict[str, object]]:
        """What the bot did."""
        done = await self.product.simulated.ledger("outbound")
        return [item for item in done if item["platform"] == "discord" and item["method"] == method]

    async def texts(self) -> list[object]:
        """What the bot said."""
        return [item["text"] for item in await self.sent()]

    async def stands(self, channel: str) -> list[str]:
        """What stands in a channel, whoever wrote it."""
        answer = await self.product.simulated.client.get(f"/_sim/discord/channels/{channel}")
        return [str(message["content"]) for message in answer.json()["messages"]]

    async def until_stands(self, channel: str, *wanted: str) -> None:
        """Wait until this stands in a channel, and nothing else."""

        async def stand() -> bool:
            return await self.stands(channel) == list(wanted)

        await until(stand)

    async def until_unreachable(self, *chats: str) -> None:
        """Wait until these chats are known to be gone, and no others."""
        gone = select(Conversation.chat).where(Conversation.undeliverable == "removed")

        async def known() -> bool:
            async with self.product.database.begin() as connection:
                return set(await connection.scalars(gone)) == set(chats)

        await until(known)

    async def calls(self, method: str) -> list[dict[str, object]]:
        """The calls of a method, refused ones too."""
        return [item for item in await self.product.simulated.ledger("call") if item["method"] == method]

    async def until_ended(self, *wanted: tuple[str, str | None], within_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the events that are not the bot's own stand so, in any order."""

        async def ended() -> bool:
            states = [state for state in await self.product.states() if state != OWN]
            return sorted(map(str, states)) == sorted(map(str, wanted))

        await until(ended, within_seconds)

    async def connections(self) -> dict[str, list[dict[str, object]]]:
        """The bot's sessions, and how they were begun."""
        answer = await self.product.simulated.client.get(f"/_sim/discord/{TOKEN}/gateway")
        told: dict[str, list[dict[str, object]]] = answer.json()
        return told

    async def until_connected(self) -> None:
        """Wait until a gateway listens for the bot."""

        async def connected() -> bool:
            return any(session["connected"] for session in (await self.connections())["sessions"])

        await until(connected)

    async def register(self) -> None:
        """Have interactions posted to the API."""
        http = http_client()
        access = await self.product.access(self.channel)
        url = f"{self.product.url}/webhooks/discord/{self.channel.id}"
        await platforms(self.product.settings, http)[PlatformName.DISCORD].register(access.channel, url)
        await http.close()


async def join_server(product: Product, **bot: JsonValue) -> Server:
    """A bot with a Discord channel."""
    app = await product.simulated.post(f"/discord/{TOKEN}/app")
    credentials = {"bot_token": TOKEN, "public_key": str(app["public_key"]), "application_id": str(app["id"])}
    described: dict[str, JsonValue] = {"bursts": {"policy": "queue"}, **bot}
    return Server(product, await make_channel(product.settings, product.database, "discord", credentials, **described))


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[None]:
    """A gateway in this process, connected."""
    running = asyncio.create_task(poll(server.product.settings))
    try:
        await server.until_connected()
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})
