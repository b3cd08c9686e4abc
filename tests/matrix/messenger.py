"""A contact on Messenger."""

import json
from dataclasses import dataclass
from uuid import uuid4

from tests.files import written
from tests.matrix.phones import BOT, Line, Phone, Shown
from tests.matrix.rows import MESSENGER
from tests.messenger import PAGE
from tests.messenger import messenger as registered
from tests.product import Operator, Product


@dataclass(frozen=True)
class Messenger(Phone):
    """A chat with a page, which its contact can block."""

    row = MESSENGER

    async def _do(self, what: str, **more: object) -> dict[str, object]:
        return await self.product.simulated.post(f"/messenger/{PAGE}/{what}", **{"from": self.contact, **more})

    async def say(self, text: str) -> str:
        return str((await self._do("messages", text=text))["message_id"])

    async def say_all(self, texts: list[str]) -> None:
        await self._do("batch", messages=[{"text": text} for text in texts])

    async def show(self, photo: bytes, caption: str) -> None:
        """A picture and its words are two messages there, told in one call."""
        file = await self.product.simulated.post("/files", content_base64=written(photo), mime_type="image/png")
        picture = {"type": "image", "payload": {"url": file["url"]}}
        await self._do("batch", messages=[{"fields": {"attachments": [picture]}}, {"text": caption}])

    async def edit(self, message_id: str, text: str) -> bool:
        await self._do("events", fields={"message_edit": {"mid": message_id, "text": text, "num_edit": 1}})
        return True

    async def press(self, message: Shown, label: str, value: str) -> None:
        await self._do("messages", text=label, fields={"quick_reply": {"payload": value}}, id=f"m_{uuid4().hex}")

    async def shown(self) -> list[Shown]:
        return [await self._seen(item) for item in await self.outbound() if item["method"] == "messages"]

    async def _seen(self, sent: dict[str, object]) -> Shown:
        payload, text = sent["payload"], str(sent["text"] or "")
        assert isinstance(payload, dict)
        replies = payload["message"].get("quick_replies", [])
        return Shown(
            str(sent["message_id"]),
            text,
            tuple((reply["title"], reply["payload"]) for reply in replies),
            await self.file(sent["message_id"]) if sent["file"] else None,
            json.dumps(payload) if replies else text,
        )

    async def block(self) -> None:
        await self.product.simulated.post(f"/messenger/people/{self.contact}", state="blocked")

    async def unblock(self) -> None:
        await self.product.simulated.post(f"/messenger/people/{self.contact}", state="known")


async def messenger(product: Product, operator: Operator) -> Line:
    """A bot on a page."""
    bot = await registered(product, **BOT)
    return lambda number: Messenger(product, operator, bot.channel, str(7_001_000 + number))
