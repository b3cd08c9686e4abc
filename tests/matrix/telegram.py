"""A contact on Telegram."""

import json
from dataclasses import dataclass

from pydantic import JsonValue

from tests.files import written
from tests.matrix.phones import BOT, Line, Phone, Shown
from tests.matrix.rows import TELEGRAM
from tests.product import Operator, Product
from tests.simulated import BOT_ID, TOKEN


@dataclass(frozen=True)
class Telegram(Phone):
    """A private chat with the bot, which its contact can block."""

    row = TELEGRAM

    async def _do(self, what: str, **more: object) -> dict[str, object]:
        return await self.product.simulated.post(f"/telegram/{TOKEN}/{what}", chat_id=int(self.chat), **more)

    async def say(self, text: str) -> str:
        return str((await self._do("messages", text=text))["message_id"])

    async def show(self, photo: bytes, caption: str) -> None:
        await self._do("messages", caption=caption, photo={"content_base64": written(photo)})

    async def edit(self, message_id: str, text: str) -> bool:
        await self._do("edit", message_id=int(message_id), text=text)
        return True

    async def press(self, message: Shown, label: str, value: str) -> None:
        await self._do("callback", message_id=int(message.id), data=value)

    async def shown(self) -> list[Shown]:
        messages = await self.standing(f"/telegram/{TOKEN}/chats/{self.chat}")
        return [await self._seen(message) for message in messages if _sender(message) == BOT_ID]

    async def _seen(self, message: dict[str, JsonValue]) -> Shown:
        photo, markup = message.get("photo"), message.get("reply_markup")
        rows = markup["inline_keyboard"] if isinstance(markup, dict) else []
        assert isinstance(rows, list)
        buttons = [button for row in rows if isinstance(row, list) for button in row if isinstance(button, dict)]
        largest = photo[-1] if isinstance(photo, list) else None
        return Shown(
            str(message["message_id"]),
            str(message.get("text") or message.get("caption") or ""),
            tuple((str(button["text"]), str(button["callback_data"])) for button in buttons),
            await self.file(largest["file_id"]) if isinstance(largest, dict) else None,
            json.dumps([message.get("entities"), markup]),
        )

    async def block(self) -> None:
        await self._do("membership", status="kicked")

    async def unblock(self) -> None:
        await self._do("membership", status="member")


def _sender(message: dict[str, JsonValue]) -> JsonValue:
    sender = message["from"]
    return sender["id"] if isinstance(sender, dict) else None


async def telegram(product: Product, operator: Operator) -> Line:
    """A bot on Telegram."""
    channel = await product.telegram(**BOT)
    return lambda number: Telegram(product, operator, channel, str(7000 + number))
