"""Messenger as tests speak it: a page with a bot behind it, and a contact who writes to it."""

from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import select

from adapters.database.records import DeliveryRow
from adapters.platforms.catalogue import http_client, platforms
from domain.platforms import PlatformName
from tests.machine import PATIENCE_SECONDS, until
from tests.product import MadeChannel, Product, make_channel

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
class MessengerBot:
    """A bot on Messenger, and what tests do with it and see of it."""

    product: Product
    channel: MadeChannel
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

    async def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every event but receipts, in order."""
        return [state for state in await self.product.states() if state[1] != "receipt"]

    async def until_states(self, *wanted: str, within_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until these events stand so."""

        async def stand() -> bool:
            return [state for state, _ in await self.states()] == list(wanted)

        await until(stand, within_seconds)

    async def sends(self) -> list[dict[str, object]]:
        """What Messenger took of this page's messages, in order."""
        outbound = await self.product.simulated.ledger("outbound")
        return [item for item in outbound if item["method"] == "messages" and item["page"] == self.page]

    async def sent(self) -> list[str]:
        """The texts that reached Messenger, in order."""
        return [str(item["text"]) for item in await self.sends()]

    async def ledger(self) -> list[tuple[str, str | None, int]]:
        """State, reason and attempts of every part, in order."""
        columns = (DeliveryRow.state, DeliveryRow.reason, DeliveryRow.attempts)
        query = select(*columns).order_by(DeliveryRow.created_at, DeliveryRow.part)
        async with self.product.database.begin() as connection:
            rows = await connection.execute(query.where(DeliveryRow.channel_id == self.channel.id))
            return [(row.state, row.reason, row.attempts) for row in rows]


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
