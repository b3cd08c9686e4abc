"""WhatsApp as tests speak it: a number with a bot behind it, and a contact who writes to it."""

from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import select

from adapters.database.records import DeliveryRow
from adapters.platforms.catalogue import http_client, platforms
from domain.platforms import PlatformName
from tests.machine import PATIENCE_SECONDS, until
from tests.product import MadeChannel, Product, make_channel

NUMBER, SIBLING = "106540352242922", "106540352242923"
CONTACT = "16505551234"
TOKEN, SECRET, VERIFY = "EAAtoken-of-a-test", "app-secret-of-a-test", "verify-me"


@dataclass(frozen=True)
class WhatsAppBot:
    """A bot on WhatsApp, and what tests do with it and see of it."""

    product: Product
    channel: MadeChannel
    number: str = NUMBER

    async def say(self, text: str, **more: object) -> str:
        """The contact writes; the message's id."""
        said = await self.product.simulated.post(
            f"/whatsapp/{self.number}/messages", **{"from": CONTACT, "text": text, **more}
        )
        return str(said["message_id"])

    async def answered(self, text: str, **more: object) -> str:
        """The contact writes and gets its answer."""
        before = len(await self.states())
        name = await self.say(text, **more)
        await self.until_states(*["answered"] * (before + 1))
        return name

    async def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every event but receipts, in order."""
        return [state for state in await self.product.states() if state[1] != "receipt"]

    async def until_states(self, *wanted: str, within_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until these events stand so."""

        async def stand() -> bool:
            return [state for state, _ in await self.states()] == list(wanted)

        await until(stand, within_seconds)

    async def sent(self) -> list[str]:
        """The texts that reached WhatsApp, in order."""
        outbound = await self.product.simulated.ledger("outbound")
        return [
            str(item["text"]) for item in outbound if item["method"] == "messages" and item["number"] == self.number
        ]

    async def ledger(self) -> list[tuple[str, str | None, int]]:
        """State, reason and attempts of every part, in order."""
        columns = (DeliveryRow.state, DeliveryRow.reason, DeliveryRow.attempts)
        query = select(*columns).order_by(DeliveryRow.created_at, DeliveryRow.part)
        async with self.product.database.begin() as connection:
            rows = await connection.execute(query.where(DeliveryRow.channel_id == self.channel.id))
            return [(row.state, row.reason, row.attempts) for row in rows]


async def whatsapp(product: Product, number: str = NUMBER, **bot: JsonValue) -> WhatsAppBot:
    """A bot on a number whose webhook is registered at the simulator."""
    made = await unregistered(product, number, **bot)
    access = await product.access(made.channel)
    http = http_client()
    url = f"{product.url}/webhooks/whatsapp/{made.channel.id}"
    await platforms(product.settings, http)[PlatformName.WHATSAPP].register(access.channel, url)
    await http.close()
    return made


async def unregistered(product: Product, number: str = NUMBER, **bot: JsonValue) -> WhatsAppBot:
    """A bot on a number that has no webhook yet."""
    await product.simulated.post(f"/whatsapp/numbers/{number}", access_token=TOKEN, app_secret=SECRET)
    credentials = {"access_token": TOKEN, "app_secret": SECRET, "verify_token": VERIFY, "phone_number_id": number}
    described: dict[str, JsonValue] = {"bursts": {"policy": "queue"}, **bot}
    channel = await make_channel(product.settings, product.database, "whatsapp", credentials, None, **described)
    return WhatsAppBot(product, channel, number)
