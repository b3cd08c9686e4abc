"""WhatsApp as tests speak it: a number with a bot behind it, and a contact who writes to it."""

from dataclasses import dataclass

from pydantic import JsonValue

from adapters.platforms.catalogue import http_client, platforms
from domain.platforms import PlatformName
from tests.product import Product, make_channel
from tests.receipts import ReceiptedBot

NUMBER, SIBLING = "106540352242922", "106540352242923"
CONTACT = "16505551234"
TOKEN, SECRET, VERIFY = "EAAtoken-of-a-test", "app-secret-of-a-test", "verify-me"


@dataclass(frozen=True)
class WhatsAppBot(ReceiptedBot):
    """A bot on WhatsApp, and what tests do with it and see of it."""

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

    async def sent(self) -> list[str]:
        """The texts that reached WhatsApp, in order."""
        outbound = await self.product.simulated.ledger("outbound")
        return [
            str(item["text"]) for item in outbound if item["method"] == "messages" and item["number"] == self.number
        ]


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
