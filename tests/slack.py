"""Slack as tests of the product steer and read it: a bot in the simulated workspace, and people who write to it."""

from dataclasses import dataclass

from pydantic import JsonValue

from adapters.database import channels
from adapters.platforms.catalogue import http_client, platforms
from domain.platforms import PlatformName
from tests.machine import until
from tests.product import MadeChannel, Product, make_channel

TOKEN = "xoxb-1-2-" + "a" * 24
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PERSON = "U0000TEST"
DIRECT = "D0000TEST"
OWN = ("ignored", "own_message")
"""How the bot's own message stands, which Slack tells it of."""


@dataclass(frozen=True)
class Workspace:
    """A bot in a Slack workspace, its Request URL set."""

    product: Product
    channel: MadeChannel

    async def post(self, path: str, **what: object) -> dict[str, object]:
        """Somebody does something there."""
        return await self.product.simulated.post(f"/slack/{TOKEN}{path}", **what)

    async def say(self, text: str, **more: object) -> str:
        """Somebody writes to the bot, and the `ts` of that."""
        return str((await self.post("/messages", text=text, **more))["ts"])

    async def sent(self, channel: str = DIRECT) -> list[dict[str, object]]:
        """The messages that the bot sent there."""
        sends = await self.product.simulated.ledger("outbound")
        return [
            item for item in sends if item["platform"] == "slack" and item["chat_id"] == channel and item["message_id"]
        ]

    async def texts(self, channel: str = DIRECT) -> list[object]:
        """What the bot said there."""
        return [item["text"] for item in await self.sent(channel)]

    async def calls(self, method: str) -> list[dict[str, object]]:
        """The calls of a method, refused ones too."""
        return [item for item in await self.product.simulated.ledger("call") if item["method"] == method]


async def join_workspace(
    product: Product, channel_settings: dict[str, JsonValue] | None = None, **bot: JsonValue
) -> Workspace:
    """A bot with a Slack channel: checked, and its Request URL put into the app's settings."""
    credentials = {"bot_token": TOKEN, "signing_secret": SIGNING_SECRET}
    channel = await make_channel(product.settings, product.database, "slack", credentials, channel_settings, **bot)
    workspace = Workspace(product, channel)
    url = f"{product.url}/webhooks/slack/{channel.id}"

    async def is_verified() -> bool:
        """Slack asks the URL before it takes it, and waits three seconds for the answer: a person would try again."""
        answer = await product.simulated.client.post(
            f"/_sim/slack/{TOKEN}/app", json={"signing_secret": SIGNING_SECRET, "request_url": url}
        )
        return answer.is_success

    await until(is_verified)
    return workspace


async def keep_account(product: Product, channel: MadeChannel) -> None:
    """Whose token it is, as a check keeps it."""
    http = http_client()
    access = await product.access(channel)
    account = await platforms(product.settings, http)[PlatformName.SLACK].check(access.channel)
    await http.close()
    async with product.database.begin() as connection:
        await channels.keep_account(connection, access.channel.id, account)
