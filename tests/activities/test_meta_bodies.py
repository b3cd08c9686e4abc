"""Bodies that Meta's platforms post: the same one twice, and one with as many events as may be in it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from adapters.platforms.graph.signature import SIGNATURE_HEADER, sign
from tests import messenger as on_messenger
from tests import whatsapp as on_whatsapp
from tests.machine import taken, until
from tests.messenger import messenger
from tests.product import Product, running_worker
from tests.whatsapp import whatsapp


async def posted(product: Product, path: str, body: bytes, secret: str) -> None:
    """Meta posts this."""
    headers = {SIGNATURE_HEADER: sign(secret, body)}
    assert (await taken(lambda: product.client.post(path, content=body, headers=headers))).status_code == 200


def of_page(said: Sequence[tuple[str, str]]) -> bytes:
    """What a page is told: a text by each of these contacts, under each of these names."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    items = [
        {"sender": {"id": contact}, "recipient": {"id": on_messenger.PAGE}, "timestamp": now,
         "message": {"mid": name, "text": "hello"}}
        for contact, name in said
    ]  # fmt: skip
    return json.dumps(
        {"object": "page", "entry": [{"id": on_messenger.PAGE, "time": now, "messaging": items}]}
    ).encode()


def of_number() -> bytes:
    """What a number is told: a text."""
    now = str(int(datetime.now(UTC).timestamp()))
    message = {
        "from": on_whatsapp.CONTACT,
        "id": "wamid.1",
        "timestamp": now,
        "type": "text",
        "text": {"body": "hello"},
    }
    value = {"metadata": {"phone_number_id": on_whatsapp.NUMBER}, "messages": [message]}
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


@pytest.mark.slow
async def test_a_message_that_whatsapp_posts_twice_is_answered_once(product: Product) -> None:
    bot = await whatsapp(product)
    for body in [of_number()] * 2:
        await posted(product, f"/webhooks/whatsapp/{bot.channel.id}", body, on_whatsapp.SECRET)
    await bot.answered("and then")
    assert await bot.sent() == ["You said: hello", "You said: and then"]
    assert len(await product.simulated.asked()) == 2


@pytest.mark.slow
async def test_a_message_that_messenger_posts_twice_is_answered_once(product: Product) -> None:
    bot = await messenger(product)
    name = await bot.say("hello")
    for body in [of_page([(on_messenger.CONTACT, name)])] * 2:
        await posted(product, f"/webhooks/messenger/{bot.channel.id}", body, on_messenger.SECRET)
    await bot.until_states("answered")
    await bot.answered("and then")
    assert await bot.sent() == ["You said: hello", "You said: and then"]
    assert len(await product.simulated.asked()) == 2


@pytest.mark.slow
async def test_a_thousand_events_of_a_page_in_one_body_are_taken_and_told(front_door: Product) -> None:
    bot = await messenger(front_door, bursts={"policy": "coalesce"})
    said = [(str(7001002003004000 + number % 60), f"m_{number}") for number in range(1000)]
    await posted(front_door, f"/webhooks/messenger/{bot.channel.id}", of_page(said), on_messenger.SECRET)

    async def all_told() -> bool:
        states = [state for state, _ in await bot.states()]
        return len(states) == 1000 and "received" not in states

    async with running_worker(front_door.settings):
        await until(all_told)
