"""Messenger as tests speak it: a page with a bot behind it, and a contact who writes to it."""

from dataclasses import dataclass

from pydantic import JsonValue

from adapters.platforms.catalogue import http_client, platforms
from domain.platforms import PlatformName
from tests.product import Product, make_channel
from tests.receipts import ReceiptedBot

PAGE, SIBLING, APP = "1234567890", "1234567891", "517299288"
CONTACT = "7001002003004005"
SECRET, VERIFY = "app-secret-of-a-test", "verify-me"


def credentials(page: str = PAGE) -> dict[str, str]:
    """What a channel of this page is given."""
    return {
        "page_access_token": f"EAAtoken-of-{page}",
        "app_secret": SECRET,
        "verify_token": VERIFY,
        "page_id": page,
        "app_id": APP,
    }


@dataclass(frozen=True)
class MessengerBot(ReceiptedBot):
    """A bot on Messenger, and what tests do with it and see of it."""

    page: str = PAGE

    async def say(self, text: str, **more: object) -> str:
        """The contact writes; the message's id."""
        body = {"from": CONTACT, "text": text, **more}
        return str((await self.product.simulated.post(f"/messenger/{self.page}/messages", **body))["message_id"])

    async def happens(self, edge: str = "messaging", **fields: object) -> None:
        """The contact does something else."""
        body = {"from": CONTACT, "fields": fields, "edge": edge}
        await self.product.simulated.post(f"/messenger/{self.page}/events", **body)

    async def answered(self, text: str, **more: object) -> str:
        """The contact writes and gets its answer."""
        before = len(await self.states())
        name = await self.say(text, **more)
        await self.until_states(*["answered"] * (before + 1))
        return name

    async def sends(self) -> list[dict[str, object]]:
        """What Messenger took of this page's messages, in order."""
        outbound = await self.product.simulated.ledger("outbound")
        return [item for item in outbound if item["method"] == "messages" and item["page"] == self.page]

    async def sent(self) -> list[str]:
        """The texts that reached Messenger, in order."""
        return [str(item["text"]) for item in await self.sends()]


async def messenger(product: Product, page: str = PAGE, **bot: JsonValue) -> MessengerBot:
    """A bot on a page whose app is registered at the simulator to tell us of it."""
    made = await unregistered(product, page, **bot)
    access = await product.access(made.channel)
    http = http_client()
    url = f"{product.url}/webhooks/messenger/{made.channel.id}"
    await platforms(product.settings, http)[PlatformName.MESSENGER].register(access.channel, url)
    await http.close()
    return made


async def unregistered(product: Product, page: str = PAGE, **bot: JsonValue) -> MessengerBot:
    """A bot on a page that tells nobody yet."""
    given = credentials(page)
    registered = {"access_token": given["page_access_token"], "app_id": APP, "app_secret": SECRET}
    await product.simulated.post(f"/messenger/pages/{page}", **registered)
    described: dict[str, JsonValue] = {"bursts": {"policy": "queue"}, **bot}
    channel = await make_channel(product.settings, product.database, "messenger", given, None, **described)
    return MessengerBot(product, channel, page)
