"""A contact in a chat with the bot, in one shape for all platforms: what it does there, and what it sees."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from pydantic import JsonValue

from tests.desk import Desk
from tests.machine import until
from tests.matrix.rows import Row
from tests.product import MadeChannel, Operator, Product

BOT: dict[str, JsonValue] = {"bursts": {"policy": "queue"}}
"""The bot behind every phone."""


@dataclass(frozen=True)
class Shown:
    """A message of the bot as its contact sees it; `buttons` are label and value, `marks` all that dresses the text."""

    id: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    picture: bytes | None = None
    marks: str = ""


@dataclass(frozen=True)
class Phone(ABC):
    """One contact in a chat of its own: what it does there, and what it sees of the bot."""

    product: Product
    operator: Operator
    channel: MadeChannel
    contact: str
    row: ClassVar[Row]

    @property
    def chat(self) -> str:
        """The chat as calls to the platform name it."""
        return self.contact

    @abstractmethod
    async def say(self, text: str) -> str:
        """Write; the message's id."""

    async def say_all(self, texts: list[str]) -> None:
        """Write several messages, one right after the other."""
        for text in texts:
            await self.say(text)

    @abstractmethod
    async def show(self, photo: bytes, caption: str) -> None:
        """Send a photo with some words."""

    @abstractmethod
    async def edit(self, message_id: str, text: str) -> bool:
        """Change what was written; whether that can be done there."""

    @abstractmethod
    async def press(self, message: Shown, label: str, value: str) -> None:
        """Press a button below a message of the bot."""

    @abstractmethod
    async def shown(self) -> list[Shown]:
        """What stands there of the bot, oldest first."""

    @abstractmethod
    async def block(self) -> None:
        """Be out of the bot's reach, as the platform has it."""

    @abstractmethod
    async def unblock(self) -> None:
        """Be in its reach again."""

    async def until_shown(self, count: int) -> list[Shown]:
        """What stands there of the bot, once there is so much."""
        found: list[Shown] = []

        async def enough() -> bool:
            found[:] = await self.shown()
            return len(found) >= count

        await until(enough)
        return found

    async def answered(self, text: str) -> Shown:
        """Write, and get an answer."""
        before = len(await self.shown())
        await self.say(text)
        return (await self.until_shown(before + 1))[-1]

    @asynccontextmanager
    async def patient_bot(self) -> AsyncIterator[None]:
        """The bot waits for a quiet moment before it answers, for the length of the block."""
        await self._change_bursts(policy="coalesce", quiet_seconds=1)
        try:
            yield
        finally:
            await self._change_bursts(policy="queue")

    async def _change_bursts(self, **bursts: JsonValue) -> None:
        headers = {"Authorization": f"Bearer {self.operator.key}"}
        path = f"/v1/bots/{self.channel.bot_id}"
        (await self.product.client.patch(path, json={"bursts": bursts}, headers=headers)).raise_for_status()

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[None]:
        """Out of the bot's reach for the length of the block."""
        await self.block()
        try:
            yield
        finally:
            await self.unblock()

    async def until_ended(self, count: int) -> list[dict[str, JsonValue]]:
        """What was said in all, once so many messages of the contact are answered."""
        place, found = await self.desk(), list[dict[str, JsonValue]]()

        async def ended() -> bool:
            found[:] = await place.messages()
            states = [item["state"] for item in found if item["direction"] == "inbound"]
            return states == ["answered"] * count

        await until(ended)
        return found

    async def desk(self) -> Desk:
        """An operator at this conversation, once there is one."""
        found: list[str] = []

        async def begun() -> bool:
            items = (await self.operator.get("/conversations", channel_id=str(self.channel.id)))["items"]
            assert isinstance(items, list)
            found[:] = [str(item["id"]) for item in items if isinstance(item, dict) and self._is_ours(item)]
            return bool(found)

        await until(begun)
        return Desk(self.operator, found[0])

    def _is_ours(self, conversation: dict[str, JsonValue]) -> bool:
        contact = conversation["contact"]
        return isinstance(contact, dict) and contact["external_id"] == self.contact

    async def goes_wrong(self, **fault: object) -> None:
        """Let the next call fail that says something to this contact."""
        assert self.row.sends is not None
        await self.product.simulated.post(
            "/faults", platform=self.row.name, method=self.row.sends, chat_id=self.chat, **fault
        )

    async def calls(self) -> list[dict[str, object]]:
        """The calls that were to say something to this contact, refused ones too."""
        calls = await self.product.simulated.ledger("call")
        return [call for call in calls if (call["method"], call["chat_id"]) == (self.row.sends, self.chat)]

    async def outbound(self) -> list[dict[str, object]]:
        """What the platform took for this contact."""
        outbound = await self.product.simulated.ledger("outbound")
        return [item for item in outbound if (item["platform"], item["chat_id"]) == (self.row.name, self.chat)]

    async def standing(self, path: str) -> list[dict[str, JsonValue]]:
        """What stands in a chat, whoever wrote it."""
        answer = await self.product.simulated.client.get(f"/_sim{path}")
        answer.raise_for_status()
        return list(answer.json()["messages"])

    async def file(self, name: object) -> bytes:
        """The bytes of a file that the platform shows."""
        answer = await self.product.simulated.client.get(f"/_sim/files/{self.row.name}-{name}")
        answer.raise_for_status()
        return answer.content


Line: TypeAlias = Callable[[int], Phone]
"""A bot on one platform: makes its contacts by number."""
