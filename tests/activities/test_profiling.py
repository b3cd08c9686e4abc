"""Who contacts are: asked once beside the turns, again after a week, and never in an answer's way."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from activities.profiling import Profiling
from adapters.database import channels, events, profiles
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.tables import Contact
from adapters.platforms.catalogue import http_client, platforms
from settings import Settings
from tests.adapters.database.chat import Chat
from tests.machine import until
from tests.messenger import APP, CONTACT, PAGE, SECRET, credentials, messenger
from tests.product import Product, make_channel
from tests.simulated import Simulated

OTHER = "7001002003004006"


@dataclass
class Learning:
    """A page with a contact, and a worker that asks for profiles at whatever time the test says that it is."""

    chat: Chat
    simulated: Simulated
    profiling: Profiling
    clock: list[datetime] = field(default_factory=list)

    async def hear(self, contact: str = CONTACT) -> None:
        """A contact writes."""
        await self.simulated.post(f"/messenger/{PAGE}/messages", **{"from": contact, "text": "hi"})
        event = self.chat.event("hi", chat=contact, sender={"external_id": contact})
        async with self.chat.database.begin() as connection:
            await events.record(connection, self.chat.access, [event], self.clock[0])

    async def hear_from(self, handle: str) -> None:
        """The contact does something that tells its handle."""
        event = self.chat.event("hi", sender={"external_id": CONTACT, "name": handle})
        async with self.chat.database.begin() as connection:
            await events.record(connection, self.chat.access, [event], self.clock[0])

    async def named(self, contact: str = CONTACT) -> tuple[str | None, str | None]:
        """Name and picture of a contact."""
        query = select(Contact.name, Contact.picture_url).where(
            Contact.channel_id == self.chat.channel.id, Contact.external_id == contact
        )
        async with self.chat.database.begin() as connection:
            row = (await connection.execute(query)).one()
        return row.name, row.picture_url

    async def calls(self) -> list[object]:
        """For whom Messenger was asked."""
        return [item["chat_id"] for item in await self.simulated.ledger("call") if item["method"] == "profile"]

    def later(self, **units: float) -> None:
        """Let time pass."""
        self.clock[0] += timedelta(**units)


@pytest.fixture
async def learning(simulating: Settings, shared: Database, simulated: Simulated) -> AsyncIterator[Learning]:
    settings = simulating.model_copy(update={"graph_api_url": simulated.graph_api_url})
    token = credentials()["page_access_token"]
    await simulated.post(f"/messenger/pages/{PAGE}", access_token=token, app_id=APP, app_secret=SECRET)
    await simulated.post(f"/messenger/people/{CONTACT}", first_name="Ann", profile_pic="https://a.example/1.jpg")
    channel = await make_channel(settings, shared, "messenger", credentials())
    vault = credentials_vault(settings.secrets())
    async with shared.begin() as connection:
        access = await channels.load(connection, vault, channel.id)
    assert access is not None
    chat, http = Chat(shared, vault, channel, access, CONTACT), http_client()
    clock = [chat.now]
    yield Learning(chat, simulated, Profiling(shared, vault, platforms(settings, http), lambda: clock[0]), clock)
    await http.close()


async def test_a_contact_is_asked_for_once_and_again_after_a_week(learning: Learning) -> None:
    await learning.hear()
    assert await learning.profiling.ask_due() == 1
    await learning.hear()
    assert await learning.profiling.ask_due() == 0
    assert await learning.named() == ("Ann Person", "https://a.example/1.jpg")
    await learning.simulated.post(f"/messenger/people/{CONTACT}", first_name="Anna")
    learning.later(days=8)
    assert await learning.profiling.ask_due() == 0
    await learning.hear()
    assert await learning.profiling.ask_due() == 1
    assert (await learning.named())[0] == "Anna Person"
    assert await learning.calls() == [CONTACT, CONTACT]


async def test_a_handle_is_a_name_until_the_platform_told_a_better_one(learning: Learning) -> None:
    await learning.hear_from("ann77")
    assert await learning.named() == ("ann77", None)
    await learning.simulated.post(f"/messenger/{PAGE}/messages", **{"from": CONTACT, "text": "hi"})
    await learning.profiling.ask_due()
    await learning.hear_from("ann78")
    assert (await learning.named())[0] == "Ann Person"


async def test_what_is_not_told_is_left_for_a_week(learning: Learning) -> None:
    await learning.simulated.post("/messenger/settings", may_profile=False)
    await learning.hear()
    await learning.profiling.ask_due()
    learning.later(days=6)
    await learning.hear()
    assert await learning.profiling.ask_due() == 0
    assert await learning.calls() == [CONTACT]


@pytest.mark.slow
async def test_a_platform_that_is_away_is_asked_later(learning: Learning) -> None:
    await learning.simulated.fault("status", status=500, method="profile")
    await learning.hear()
    await learning.profiling.ask_due()
    assert await learning.profiling.ask_due() == 0
    learning.later(seconds=3)
    assert await learning.profiling.ask_due() == 1
    assert (await learning.named())[0] == "Ann Person"


async def test_a_platform_that_asks_to_wait_is_left_alone_by_all_its_contacts(learning: Learning) -> None:
    await learning.simulated.fault("status", status=429, retry_after=600, method="profile")
    await learning.hear()
    await learning.profiling.ask_due()
    await learning.hear(OTHER)
    await learning.profiling.ask_due()
    assert await learning.calls() == [CONTACT]
    learning.later(seconds=601)
    await learning.profiling.ask_due()
    assert sorted(str(name) for name in await learning.calls()) == [CONTACT, CONTACT, OTHER]


async def test_a_worker_that_died_while_it_asked_is_followed_by_the_next(learning: Learning) -> None:
    await learning.hear()
    async with learning.chat.database.begin() as connection:
        assert len(await profiles.claim(connection, learning.clock[0], 4)) == 1
    assert await learning.profiling.ask_due() == 0
    learning.later(minutes=2)
    assert await learning.profiling.ask_due() == 1
    assert (await learning.named())[0] == "Ann Person"


@pytest.mark.slow
async def test_a_contact_has_a_name_soon_and_an_answer_at_once(product: Product) -> None:
    bot = await messenger(product)
    await product.simulated.post(f"/messenger/people/{CONTACT}", first_name="Ann", last_name="Example")
    await product.simulated.fault("status", status=500, method="profile")
    await bot.answered("hello")
    operator = await product.operator()

    async def named() -> bool:
        items = (await operator.get("/conversations"))["items"]
        assert isinstance(items, list)
        assert isinstance(items[0], dict)
        contact = items[0]["contact"]
        return isinstance(contact, dict) and contact["name"] == "Ann Example" and bool(contact["picture_url"])

    await until(named)
