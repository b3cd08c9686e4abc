"""A visitor of the webchat."""

from dataclasses import dataclass, field
from uuid import uuid4

from tests.desk import Desk
from tests.machine import taken
from tests.matrix.phones import BOT, Line, Phone, Shown
from tests.matrix.rows import WEBCHAT
from tests.product import Operator, Product, Visitor


@dataclass(frozen=True)
class Webchat(Phone):
    """The page of a visitor, who can neither edit nor block: what is said there is a row of our own."""

    row = WEBCHAT
    visitor: Visitor = field(kw_only=True)

    async def say(self, text: str) -> str:
        await self._enter()
        said = await self.visitor.say(text)
        said.raise_for_status()
        return str(said.json()["message_id"])

    async def _enter(self) -> None:
        if not self.visitor.session:
            await self.visitor.enter()

    async def show(self, photo: bytes, caption: str) -> None:
        await self._enter()
        visitor, asked = self.visitor, {"client_file_id": str(uuid4()), "name": "cat.png"}
        brought = await taken(
            lambda: visitor.client.post(f"{visitor.path}/files", params=asked, content=photo, headers=visitor.headers)
        )
        files = [{"file_id": brought.json()["file_id"]}]
        body = {"client_msg_id": str(uuid4()), "text": caption, "attachments": files}
        said = await taken(lambda: visitor.client.post(f"{visitor.path}/messages", json=body, headers=visitor.headers))
        said.raise_for_status()

    async def edit(self, message_id: str, text: str) -> bool:
        path = f"{self.visitor.path}/messages/{message_id}"
        answer = await self.visitor.client.patch(path, json={"text": text}, headers=self.visitor.headers)
        return answer.is_success

    async def press(self, message: Shown, label: str, value: str) -> None:
        (await self.visitor.press(label, value)).raise_for_status()

    async def shown(self) -> list[Shown]:
        await self._enter()
        messages = [item for item in await self.visitor.messages() if item["direction"] == "outbound"]
        return [await self._seen(item) for item in messages if item["deleted_at"] is None]

    async def _seen(self, message: dict[str, object]) -> Shown:
        buttons, files = message["buttons"], message["attachments"]
        assert isinstance(buttons, list)
        assert isinstance(files, list)
        named = ((item["label"], item["value"] or f"choice:{place}") for place, item in enumerate(buttons, 1))
        picture = await self._opened(files[0]["url"]) if files else None
        words = [str(message["text"]), *(str(item["caption"]) for item in files)]
        return Shown(str(message["id"]), "\n".join(words), tuple(named), picture, str(message["html"]))

    async def _opened(self, link: str) -> bytes:
        answer = await self.product.client.get(link.removeprefix(self.product.settings.public_url))
        answer.raise_for_status()
        return answer.content

    async def desk(self) -> Desk:
        return Desk(self.operator, str(self.visitor.session["conversation_id"]))

    async def goes_wrong(self, **fault: object) -> None:
        """Nothing outside is called that could."""

    async def block(self) -> None:
        """Whoever closes the page finds what was said when it is opened again."""

    async def unblock(self) -> None:
        """There is nothing to undo."""


async def webchat(product: Product, operator: Operator) -> Line:
    """A bot on a webchat."""
    channel = await product.channel(**BOT)

    def phone(number: int) -> Webchat:
        return Webchat(product, operator, channel, f"visitor-{number}", visitor=Visitor(product.client, channel.id))

    return phone
