"""A person on Discord, in the direct messages with the bot."""

import json
from dataclasses import dataclass, field

from pydantic import JsonValue

from simulator.discord.channels import direct
from tests.discord import Server, join_server
from tests.files import written
from tests.matrix.phones import BOT, Line, Phone, Shown
from tests.matrix.rows import DISCORD
from tests.product import Operator, Product


@dataclass(frozen=True)
class Discord(Phone):
    """Direct messages with the bot, which a person can close."""

    row = DISCORD
    server: Server = field(kw_only=True)
    bot: str = field(kw_only=True)

    @property
    def chat(self) -> str:
        return direct(self.bot, self.contact)

    async def _do(self, what: str, **more: object) -> dict[str, object]:
        return await self.server.post(f"/{what}", user=self.contact, **more)

    async def say(self, text: str) -> str:
        return str((await self._do("messages", text=text))["id"])

    async def show(self, photo: bytes, caption: str) -> None:
        file = await self.product.simulated.post("/files", content_base64=written(photo), mime_type="image/png")
        shared = {"id": "1", "filename": "cat.png", "content_type": "image/png", "size": len(photo), **file}
        await self._do("messages", text=caption, fields={"attachments": [shared]})

    async def edit(self, message_id: str, text: str) -> bool:
        await self._do("edit", id=message_id, text=text)
        return True

    async def press(self, message: Shown, label: str, value: str) -> None:
        await self._do("buttons", id=message.id, label=label, custom_id=value)

    async def shown(self) -> list[Shown]:
        messages = await self.standing(f"/discord/channels/{self.chat}")
        return [await self._seen(message) for message in messages if _author(message) == self.bot]

    async def _seen(self, message: dict[str, JsonValue]) -> Shown:
        rows, files = message["components"], message["attachments"]
        assert isinstance(rows, list)
        assert isinstance(files, list)
        listed = [row["components"] for row in rows if isinstance(row, dict)]
        buttons = [item for row in listed if isinstance(row, list) for item in row if isinstance(item, dict)]
        return Shown(
            str(message["id"]),
            str(message["content"]),
            tuple((str(item["label"]), str(item["custom_id"])) for item in buttons),
            await self.file(message["id"]) if files else None,
            json.dumps(rows) if rows else str(message["content"]),
        )

    async def block(self) -> None:
        await self.product.simulated.post(f"/discord/channels/{self.chat}", refusal=50007)

    async def unblock(self) -> None:
        await self.product.simulated.post(f"/discord/channels/{self.chat}", refusal=None)


def _author(message: dict[str, JsonValue]) -> JsonValue:
    author = message["author"]
    return author["id"] if isinstance(author, dict) else None


async def discord(product: Product, operator: Operator) -> Line:
    """A bot on Discord, its endpoint registered; somebody has to listen at the gateway."""
    server = await join_server(product, **BOT)
    await server.set_up(messages_per_second=100, chat_messages_per_second=100)
    await server.register()
    bot = str((await server.post("/app"))["id"])
    return lambda number: Discord(product, operator, server.channel, str(7_000_100 + number), server=server, bot=bot)
