"""Conversations on Discord, over HTTP and the gateway against the simulator: each part once, whatever was answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select, text

from adapters.database.records import DeliveryRow
from tests.discord import PERSON, ROOM, TOKEN, join_server, listening
from tests.machine import until
from tests.product import Product

ANSWERED = ("answered", None)
DOUBTS = ["accept_then_reset", "reset_before_accept", "invalid_json"]


async def ledger(product: Product) -> list[tuple[str, str | None, int]]:
    """State, reason and attempts of every part, in order."""
    query = select(DeliveryRow.state, DeliveryRow.reason, DeliveryRow.attempts).order_by(
        DeliveryRow.created_at, DeliveryRow.part
    )
    async with product.database.begin() as connection:
        return [(row.state, row.reason, row.attempts) for row in await connection.execute(query)]


@asynccontextmanager
async def planned_long_ago(product: Product) -> AsyncIterator[None]:
    """Parts are planned before what Discord still knows of nonces; the database is another test's afterwards."""

    async def default(value: str) -> None:
        async with product.database.begin() as connection:
            await connection.execute(text(f"ALTER TABLE deliveries ALTER created_at SET DEFAULT {value}"))

    await default("now() - interval '3 minutes'")
    try:
        yield
    finally:
        await default("now()")


@pytest.mark.slow
async def test_a_command_is_answered_where_the_bot_was_thinking(product: Product) -> None:
    server = await join_server(product)
    await server.register()
    chat = await server.ask("how **late** is it?", channel=ROOM)
    await server.until_ended(ANSWERED)
    assert await server.stands(chat) == ["You said: Test User: how **late** is it?"]
    assert await ledger(product) == [("sent", None, 1)]


@pytest.mark.slow
async def test_a_repeated_command_has_no_second_effect(product: Product) -> None:
    server = await join_server(product)
    await server.register()
    await product.simulated.fault("duplicate_webhook", copies=3, platform="discord")
    chat = await server.ask("only once")
    await server.until_ended(ANSWERED)

    async def all_posted() -> bool:
        (told,) = await product.simulated.ledger("webhook")
        return told["duplicates"] == [200] * 3

    await until(all_posted)
    assert await server.stands(chat) == ["You said: only once"]


@pytest.mark.slow
async def test_a_long_answer_to_a_command_goes_on_in_its_channel(product: Product) -> None:
    server = await join_server(product)
    await server.register()
    await product.simulated.answer("```python\n" + "print('x')\n" * 500 + "```")
    chat = await server.ask("tell me all")
    await server.until_ended(ANSWERED)
    stands = await server.stands(chat)
    assert len(stands) > 2
    assert all(len(part) <= 2000 and part.count("```") == 2 for part in stands)
    assert (len(await server.sent("original.edit")), len(await server.sent())) == (1, len(stands) - 1)


@pytest.mark.slow
async def test_an_answer_that_is_too_late_is_a_message(product: Product) -> None:
    server = await join_server(product)
    await server.register()
    await product.simulated.answer("late", delay_seconds=1.5)
    chat = await server.ask("are you slow?")
    await product.until_asked()
    await server.post("/expire")
    await server.until_ended(ANSWERED)
    assert await server.stands(chat) == ["", "late"]
    assert await server.texts() == ["late"]


@pytest.mark.slow
async def test_nobody_thinks_about_what_nobody_answers(product: Product) -> None:
    server = await join_server(product)
    await server.register()
    operator, path = await product.operator(), f"/bots/{server.channel.bot_id}"
    await operator.post(f"{path}/stop")
    chat = await server.ask("are you there?")
    await server.until_ended(("held", "bot_stopped"))
    await server.until_stands(chat)
    menu = await server.post("/commands", command="Ask about this", kind=3)
    await server.until_ended(("held", "bot_stopped"), ("ignored", "unsupported:menu"))
    await server.until_stands(
        chat, "This bot has no such command. Write to it, or use a command that begins with a slash."
    )
    await operator.post(f"{path}/start", answer_held=True)
    await server.until_ended(ANSWERED, ("ignored", "unsupported:menu"))
    assert await server.texts() == ["You said: are you there?"]
    assert menu["channel_id"] == chat


@pytest.mark.slow
@pytest.mark.parametrize("kind", DOUBTS[:2])
async def test_an_answer_to_a_command_stands_there_once(product: Product, kind: str) -> None:
    server = await join_server(product)
    await server.register()
    await product.simulated.fault(kind, method="original.edit")
    chat = await server.ask("hello")
    await server.until_ended(ANSWERED)
    assert await server.stands(chat) == ["You said: hello"]
    assert await ledger(product) == [("sent", None, 2)]


@pytest.mark.slow
async def test_a_pressed_button_is_answered_like_a_message(product: Product) -> None:
    server = await join_server(product)
    await server.register()
    await server.post("/buttons", id="1", label="Show more")
    await server.until_ended(ANSWERED)
    assert await server.texts() == ["You said: Show more"]


@pytest.mark.slow
async def test_a_conversation_goes_on_by_messages_and_by_commands(product: Product) -> None:
    server = await join_server(product)
    await server.register()
    async with listening(server):
        for number, text in enumerate(("one", "two"), 1):
            await server.say(text)
            await server.until_ended(*[ANSWERED] * number)
        await server.ask("three")
        await server.until_ended(*[ANSWERED] * 3)
    request = (await product.simulated.asked())[-1]["request"]
    assert [item["content"] for item in request["messages"][-5:]] == [
        "one", "You said: one", "two", "You said: two", "three",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "policy"), [*((kind, "at_most_once") for kind in DOUBTS[1:]), ("accept_then_reset", "at_least_once")]
)
async def test_a_send_without_an_answer_is_made_again_with_its_nonce(product: Product, kind: str, policy: str) -> None:
    server = await join_server(product, delivery={"uncertain": policy})
    await product.simulated.fault(kind, method="messages.create")
    async with listening(server):
        await server.say("hello")
        await server.until_ended(ANSWERED)
    assert await server.texts() == ["You said: hello"]
    assert await ledger(product) == [("sent", None, 2)]


@pytest.mark.slow
async def test_a_send_that_hangs_is_made_again_with_its_nonce(product: Product) -> None:
    server = await join_server(product)
    await product.simulated.fault("accept_then_hang", method="messages.create")
    async with listening(server):
        await server.say("hello")
        await server.until_ended(ANSWERED)
    assert await server.texts() == ["You said: hello"]
    async with product.database.begin() as connection:
        known = list(await connection.scalars(select(DeliveryRow.platform_message_id)))
    assert known == [item["message_id"] for item in await server.sent()]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["accept_then_hang", "reset_before_accept"])
async def test_a_send_whose_nonce_is_forgotten_is_read_back_before_it_is_made_again(
    product: Product, kind: str
) -> None:
    server = await join_server(product)
    await product.simulated.post("/discord/settings", nonce_seconds=0)
    await product.simulated.fault(kind, method="messages.create")
    async with planned_long_ago(product), listening(server):
        await server.say("hello")
        await server.until_ended(ANSWERED)
    assert await server.texts() == ["You said: hello"]
    assert len(await server.calls("messages")) == 1
    assert [state for state, _, _ in await ledger(product)] == ["sent"]


@pytest.mark.slow
async def test_a_bucket_that_is_used_up_is_waited_for_before_discord_complains(product: Product) -> None:
    server = await join_server(product)
    await product.simulated.post("/discord/settings", bucket=1)
    async with listening(server):
        await server.say("one")
        await server.say("two")
        await server.until_ended(ANSWERED, ANSWERED)
    assert await server.texts() == ["You said: one", "You said: two"]
    assert [call["status"] for call in await server.calls("messages.create")] == [200, 200]


@pytest.mark.slow
async def test_a_person_who_cannot_be_written_to_is_not_tried_again(product: Product) -> None:
    server = await join_server(product)
    async with listening(server):
        said = await server.post("/messages", text="hello", user="7000009", name="Mute")
        await server.until_ended(ANSWERED)
        await product.simulated.post(f"/discord/channels/{said['channel_id']}", refusal=50007)
        await server.say("again", user="7000009")
        await server.until_ended(ANSWERED, ("failed", "undeliverable"))
    assert await ledger(product) == [("sent", None, 1), ("failed", "recipient_gone", 1)]


@pytest.mark.slow
async def test_a_person_is_written_to_first_in_the_conversation_that_discord_opens(product: Product) -> None:
    server = await join_server(product)
    operator = await product.operator()
    path = f"/bots/{server.channel.bot_id}/conversations"
    await operator.post(path, channel_id=str(server.channel.id), recipient=PERSON, text="Good morning!")

    async def arrived() -> bool:
        return await server.texts() == ["Good morning!"]

    await until(arrived)
    async with listening(server):
        await server.say("hello")
        await server.until_ended(ANSWERED)
    request = (await product.simulated.asked())[-1]["request"]
    assert [item["content"] for item in request["messages"][-2:]] == ["Good morning!", "hello"]


@pytest.mark.slow
async def test_registering_sets_the_endpoint_and_the_command(product: Product) -> None:
    server = await join_server(product)
    settings = product.settings
    operator = await product.operator()
    headers = {"Authorization": f"Bearer {operator.key}"}
    refused = await product.client.post(f"/v1/channels/{server.channel.id}/webhook", headers=headers)
    assert refused.status_code == 422, "PUBLIC_URL is not where the API is"
    assert f"{settings.public_url}/webhooks/discord/{server.channel.id}" in refused.json()["detail"]
    await server.register()
    shown = (await product.client.get(f"/v1/channels/{server.channel.id}/webhook", headers=headers)).json()
    assert shown["url"] == f"{product.url}/webhooks/discord/{server.channel.id}"
    app = await product.simulated.post(f"/discord/{TOKEN}/app")
    assert [command["name"] for command in app["commands"]] == ["ask"]
    removed = await product.client.delete(f"/v1/channels/{server.channel.id}/webhook", headers=headers)
    assert removed.status_code == 204
    assert (await product.simulated.post(f"/discord/{TOKEN}/app"))["interactions_endpoint_url"] is None
