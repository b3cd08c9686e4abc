"""Several numbers behind one address: each event reaches its own channel, or the platform is asked to come again."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import httpx
import pytest
from sqlalchemy import select

from adapters.database.engine import Database
from adapters.database.records import Event
from adapters.platforms.graph.signature import SIGNATURE_HEADER, sign
from settings import Settings
from tests.adapters.platforms.whatsapp_payloads import call
from tests.api.outages import through
from tests.machine import caller, taken
from tests.product import MadeChannel, make_channel, running_api
from tests.proxy import Proxy

SECRET = "app-secret-of-a-test"


@dataclass(frozen=True)
class Address:
    """An app's one callback URL, and the numbers behind it."""

    settings: Settings
    database: Database
    client: httpx.AsyncClient
    channel: MadeChannel

    async def tell(self, number: str, name: str) -> httpx.Response:
        """Meta tells of a message to a number."""
        message = {
            "from": "16505551234",
            "id": name,
            "timestamp": str(int(datetime.now(UTC).timestamp())),
            "type": "text",
        }
        value = {"metadata": {"phone_number_id": number}, "messages": [{**message, "text": {"body": "hello"}}]}
        body = json.dumps(call(value)).encode()
        headers = {SIGNATURE_HEADER: sign(SECRET, body)}
        return await self.client.post(f"/webhooks/whatsapp/{self.channel.id}", content=body, headers=headers)

    async def heard(self, channel: MadeChannel) -> list[tuple[str, str | None]]:
        """State and reason of what a channel was told."""
        query = select(Event.state, Event.reason).where(Event.channel_id == channel.id)
        async with self.database.begin() as connection:
            return [(row.state, row.reason) for row in await connection.execute(query)]


NUMBERS = (str(106540352242922 + place) for place in count())


async def connect(settings: Settings, database: Database, number: str) -> MadeChannel:
    """A channel of another number of the same app, made behind the API's back: nobody tells it."""
    credentials = {"access_token": "t", "app_secret": SECRET, "verify_token": "v", "phone_number_id": number}
    return await make_channel(settings, database, "whatsapp", credentials)


@pytest.fixture
async def address(settings: Settings, database: Database, to_database: Proxy) -> AsyncIterator[Address]:
    """An API that reaches its database through a proxy, and knows of one number and its sibling."""
    first, second = next(NUMBERS), next(NUMBERS)
    channel = await connect(settings, database, first)
    sibling = await connect(settings, database, second)
    async with running_api(through(settings, to_database)) as url, caller(url) as client:
        made = Address(settings, database, client, channel)
        assert (await taken(lambda: made.tell(second, "wamid.known"))).status_code == 200
        assert [state for state, _ in await made.heard(sibling)] == ["queued"]
        yield made


async def test_a_sibling_that_was_made_a_moment_ago_is_found(address: Address) -> None:
    number = next(NUMBERS)
    newest = await connect(address.settings, address.database, number)
    assert (await taken(lambda: address.tell(number, "wamid.new"))).status_code == 200
    assert [state for state, _ in await address.heard(newest)] == ["queued"]
    assert await address.heard(address.channel) == []


async def test_what_is_for_no_channel_is_ignored(address: Address) -> None:
    assert (await taken(lambda: address.tell("1", "wamid.nobodys"))).status_code == 200
    assert await address.heard(address.channel) == [("ignored", "other_account")]


async def test_without_the_database_what_may_be_for_a_new_sibling_is_asked_for_again(
    address: Address, to_database: Proxy
) -> None:
    number = next(NUMBERS)
    newest = await connect(address.settings, address.database, number)
    await to_database.cut()
    answer = await address.tell(number, "wamid.early")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    await to_database.listen()
    assert (await taken(lambda: address.tell(number, "wamid.early"))).status_code == 200
    assert [state for state, _ in await address.heard(newest)] == ["queued"]
    assert await address.heard(address.channel) == []
