"""The window in which a contact can be answered: kept before the platform is asked, and named where it closes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.delivery import Delivery
from adapters.database import channels
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.records import Notice
from adapters.media.store import MediaStore
from adapters.platforms.catalogue import http_client, platforms
from domain.turns import Delivered, Reply, ReplyKind
from settings import Settings
from tests.adapters.database.chat import Chat
from tests.machine import until
from tests.messenger import CONTACT as PERSON
from tests.messenger import messenger
from tests.product import Product, make_channel
from tests.simulated import Simulated
from tests.whatsapp import CONTACT, NUMBER, SECRET, TOKEN, VERIFY, whatsapp

DAY_SECONDS = 24 * 3600.0


@dataclass
class Late:
    """A chat on WhatsApp, and deliveries in it at whatever time the test says that it is."""

    chat: Chat
    settings: Settings

    async def apology(self) -> Reply:
        """A turn that ends in the bot's apology."""
        begun = await self.chat.begin(*await self.chat.hear("hello"))
        return Reply(conversation_id=str(self.chat.id), turn_id=begun.turn_id, turn=begun.turn, kind=ReplyKind.APOLOGY)

    async def deliver(self, reply: Reply, at: datetime) -> Delivered:
        """One attempt at a time of ours."""
        async with connected(self.settings, self.chat, at) as delivery:
            return await ActivityEnvironment().run(delivery.deliver, reply)


@asynccontextmanager
async def connected(settings: Settings, chat: Chat, now: datetime) -> AsyncIterator[Delivery]:
    """What a worker delivers with whose clock stands."""
    http = http_client()
    store = MediaStore(settings.media_store_url)
    try:
        yield Delivery(chat.database, chat.vault, platforms(settings, http), store, lambda: now, time.monotonic)
    finally:
        await http.close()


@pytest.fixture
async def late(simulating: Settings, shared: Database, simulated: Simulated) -> Late:
    settings = simulating.model_copy(update={"graph_api_url": simulated.graph_api_url})
    await simulated.post(f"/whatsapp/numbers/{NUMBER}", access_token=TOKEN, app_secret=SECRET)
    await simulated.post("/whatsapp/settings", window=False)
    credentials = {"access_token": TOKEN, "app_secret": SECRET, "verify_token": VERIFY, "phone_number_id": NUMBER}
    channel = await make_channel(settings, shared, "whatsapp", credentials)
    vault = credentials_vault(settings.secrets())
    async with shared.begin() as connection:
        access = await channels.load(connection, vault, channel.id)
    assert access is not None
    return Late(Chat(shared, vault, channel, access, CONTACT), settings)


async def calls(simulated: Simulated) -> int:
    """How often the platform was asked to send something."""
    return len([item for item in await simulated.ledger("call") if item["method"] == "messages"])


async def notices(database: Database) -> list[str]:
    """The kinds of what operators were told."""
    async with database.begin() as connection:
        return list(await connection.scalars(select(Notice.kind)))


async def test_a_part_that_waited_until_the_window_closed_is_not_sent(late: Late, simulated: Simulated) -> None:
    reply, heard = await late.apology(), late.chat.now
    await simulated.fault("status", status=429, retry_after=3600, parameters={"code": 130429}, method="messages")
    with pytest.raises(ApplicationError):
        await late.deliver(reply, heard + timedelta(hours=23))
    assert (await late.deliver(reply, heard + timedelta(hours=25))).failed == 1
    assert await late.chat.ledger() == [("failed", "window_closed")]
    assert await calls(simulated) == 1
    assert await notices(late.chat.database) == ["window_closed"]


@pytest.mark.slow
async def test_a_part_that_waited_is_sent_where_the_contact_wrote_meanwhile(late: Late, simulated: Simulated) -> None:
    reply, heard = await late.apology(), late.chat.now
    await simulated.fault("status", status=429, retry_after=3600, parameters={"code": 130429}, method="messages")
    with pytest.raises(ApplicationError):
        await late.deliver(reply, heard + timedelta(hours=23))
    late.chat.pass_time(hours=23)
    await late.chat.hear("are you there?")
    assert (await late.deliver(reply, heard + timedelta(hours=25))).sent == 1


@pytest.mark.slow
async def test_a_part_in_doubt_stays_so_where_the_window_has_closed(late: Late, simulated: Simulated) -> None:
    await late.chat.settings(delivery={"uncertain": "at_least_once"})
    reply, heard = await late.apology(), late.chat.now
    await simulated.fault("reset_before_accept", method="messages")
    with pytest.raises(ApplicationError):
        await late.deliver(reply, heard + timedelta(hours=23))
    assert (await late.deliver(reply, heard + timedelta(hours=25))).uncertain == 1
    assert await late.chat.ledger() == [("uncertain", "outcome_unknown")]
    assert await calls(simulated) == 1


@pytest.mark.slow
async def test_what_comes_a_day_late_is_not_answered_in_vain(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.say("hello", seconds_ago=DAY_SECONDS)
    await bot.until_states("failed")
    assert await bot.ledger() == [("failed", "window_closed", 0)]
    assert await calls(product.simulated) == 0
    operator = await product.operator()
    (conversation,) = await listed(product)
    assert conversation["undeliverable"] == "window_closed"
    refused = await say(product, f"/conversations/{conversation['id']}/messages", text="Kim here")
    assert refused == (422, "window_closed")
    items = (await operator.get("/deliveries"))["items"]
    assert isinstance(items, list)
    assert isinstance(items[0], dict)
    again = f"/deliveries/{items[0]['id']}/resend"
    assert await say(product, again) == (422, "window_closed")
    await bot.say("hello again")
    await bot.until_states("failed", "answered")
    assert await say(product, again) == (200, None)
    await operator.post(f"/conversations/{conversation['id']}/messages", text="Kim here")

    async def heard() -> bool:
        return await bot.sent() == ["You said: hello again", "You said: hello", "Kim here"]

    await until(heard)
    (conversation,) = await listed(product)
    assert conversation["undeliverable"] is None


@pytest.mark.slow
async def test_where_the_platform_knows_better_its_word_counts(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.answered("hello")
    await product.simulated.post("/whatsapp/advance", seconds=DAY_SECONDS)
    (conversation,) = await listed(product)
    assert await say(product, f"/conversations/{conversation['id']}/messages", text="Kim here") == (201, None)
    await bot.until_ledger(("sent", None, 1), ("failed", "window_closed", 1))
    assert (await listed(product))[0]["undeliverable"] == "window_closed"


@pytest.mark.slow
async def test_nobody_is_written_to_first_who_never_wrote(product: Product) -> None:
    for bot, recipient in ((await whatsapp(product), CONTACT), (await messenger(product), PERSON)):
        first = {"channel_id": str(bot.channel.id), "recipient": recipient, "text": "good morning"}
        assert await say(product, f"/bots/{bot.channel.bot_id}/conversations", **first) == (422, "window_closed")
    assert await listed(product) == []


@pytest.mark.slow
async def test_messenger_is_not_asked_in_vain_either(product: Product) -> None:
    bot = await messenger(product)
    await bot.say("hello", seconds_ago=DAY_SECONDS)
    await bot.until_states("failed")
    assert await bot.ledger() == [("failed", "window_closed", 0)]
    assert await calls(product.simulated) == 0
    (conversation,) = await listed(product)
    refused = await say(product, f"/conversations/{conversation['id']}/messages", text="Kim here")
    assert refused == (422, "window_closed")


async def listed(product: Product) -> list[dict[str, object]]:
    """The conversations."""
    items = (await (await product.operator()).get("/conversations"))["items"]
    assert isinstance(items, list)
    return [dict(item) for item in items if isinstance(item, dict)]


async def say(product: Product, path: str, **body: str) -> tuple[int, str | None]:
    """Have something said; the status of the answer and the code of its problem."""
    key = (await product.operator()).key
    answer = await product.client.post(f"/v1{path}", json=body, headers={"Authorization": f"Bearer {key}"})
    return answer.status_code, answer.json().get("code")
