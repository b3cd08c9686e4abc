"""A contact on WhatsApp."""

import json
from dataclasses import dataclass

from pydantic import JsonValue

from tests.files import written
from tests.matrix.phones import BOT, Line, Phone, Shown
from tests.matrix.rows import WHATSAPP
from tests.product import Operator, Product
from tests.whatsapp import NUMBER
from tests.whatsapp import whatsapp as registered


@dataclass(frozen=True)
class WhatsApp(Phone):
    """A chat with a business's number, which its contact can block: seen in the status of a message, not before."""

    row = WHATSAPP

    async def _do(self, **what: object) -> str:
        said = await self.product.simulated.post(f"/whatsapp/{NUMBER}/messages", **{"from": self.contact, **what})
        return str(said["message_id"])

    async def say(self, text: str) -> str:
        return await self._do(text=text)

    async def say_all(self, texts: list[str]) -> None:
        messages = [{"text": text} for text in texts]
        path = f"/whatsapp/{NUMBER}/batch"
        await self.product.simulated.post(path, **{"from": self.contact}, messages=messages)

    async def show(self, photo: bytes, caption: str) -> None:
        file = await self.product.simulated.post("/whatsapp/media", content_base64=written(photo))
        await self._do(fields={"type": "image", "image": {**file, "caption": caption}})

    async def edit(self, message_id: str, text: str) -> bool:
        changed = {"original_message_id": message_id, "message": {"type": "text", "text": {"body": text}}}
        await self._do(fields={"type": "edit", "edit": changed})
        return True

    async def press(self, message: Shown, label: str, value: str) -> None:
        reply = {"type": "button_reply", "button_reply": {"id": value, "title": label}}
        await self._do(fields={"type": "interactive", "interactive": reply, "context": {"id": message.id}})

    async def shown(self) -> list[Shown]:
        return [await self._seen(item) for item in await self.outbound()]

    async def _seen(self, sent: dict[str, object]) -> Shown:
        payload = sent["payload"]
        assert isinstance(payload, dict)
        interactive, image = payload.get("interactive"), payload.get("image")
        text = str(sent["text"] or "")
        return Shown(
            str(sent["message_id"]),
            text,
            _buttons(interactive["action"]["buttons"]) if interactive else (),
            await self.file(image["id"]) if image else None,
            json.dumps(payload) if interactive else text,
        )

    async def block(self) -> None:
        await self.product.simulated.post(f"/whatsapp/people/{self.contact}", state="undeliverable")

    async def unblock(self) -> None:
        await self.product.simulated.post(f"/whatsapp/people/{self.contact}", state="known")


def _buttons(listed: list[dict[str, dict[str, JsonValue]]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(item["reply"]["title"]), str(item["reply"]["id"])) for item in listed)


async def whatsapp(product: Product, operator: Operator) -> Line:
    """A bot on a WhatsApp number."""
    bot = await registered(product, **BOT)
    return lambda number: WhatsApp(product, operator, bot.channel, str(16505551300 + number))
