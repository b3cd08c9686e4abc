"""Delivery to Telegram, over HTTP against the simulator: each part once, and every doubt named."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from adapters.database import asides, paces
from adapters.database.records import DeliveryRow
from tests.machine import until
from tests.product import Product

CHAT = 7


async def ledger(product: Product) -> list[tuple[str, str | None, int]]:
    """State, reason and attempts of every part, in order."""
    query = select(DeliveryRow.state, DeliveryRow.reason, DeliveryRow.attempts).order_by(
        DeliveryRow.created_at, DeliveryRow.part
    )
    async with product.database.begin() as connection:
        return [(row.state, row.reason, row.attempts) for row in await connection.execute(query)]


async def test_a_repeated_update_has_no_second_effect(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.fault("duplicate_webhook", copies=4)
    await product.simulated.say(CHAT, "only once")
    await product.until_states("answered")

    async def all_posted() -> bool:
        return (await product.simulated.ledger("webhook"))[0]["duplicates"] == [200] * 4

    await until(all_posted)
    assert len(await product.simulated.sent(CHAT)) == 1


async def test_markdown_becomes_entities(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.answer("**bold** and `code`")
    await product.simulated.say(CHAT, "format it")
    await product.until_states("answered")
    sent = (await product.simulated.sent(CHAT))[0]
    assert sent["text"] == "bold and code"
    assert [(item["type"], item["offset"], item["length"]) for item in sent["entities"]] == [
        ("bold", 0, 4),
        ("code", 9, 4),
    ]


async def test_a_contact_who_blocked_the_bot_is_not_tried_again(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.post(f"/telegram/chats/{CHAT}", state="blocked")
    await product.simulated.say(CHAT, "hello")
    await product.until_states("failed")
    assert await ledger(product) == [("failed", "recipient_gone", 1)]
    assert await product.states() == [("failed", "undeliverable")]


@pytest.mark.slow
async def test_at_least_once_sends_a_doubtful_part_a_single_time_more(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"}, delivery={"uncertain": "at_least_once"})
    await product.simulated.fault("accept_then_reset", method="sendMessage", count=5)
    await product.simulated.say(CHAT, "hello")
    await product.until_states("answered")
    assert await ledger(product) == [("uncertain", "outcome_unknown", 2)]
    assert len(await product.simulated.sent(CHAT)) == 2


@pytest.mark.slow
async def test_a_call_that_was_not_accepted_is_made_again(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.fault("status", status=502, method="sendMessage", count=2)
    await product.simulated.say(CHAT, "hello")
    await product.until_states("answered")
    assert await ledger(product) == [("sent", None, 3)]
    assert len(await product.simulated.sent(CHAT)) == 1


@pytest.mark.slow
async def test_formatting_that_is_refused_is_sent_as_plain_text(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.answer("**bold**")
    refusal = "Bad Request: can't parse entities: unsupported"
    await product.simulated.fault("status", status=400, description=refusal, method="sendMessage")
    await product.simulated.say(CHAT, "hello")
    await product.until_states("answered")
    sent = (await product.simulated.sent(CHAT))[0]
    assert (sent["text"], sent.get("entities") or []) == ("bold", [])


@pytest.mark.slow
async def test_a_group_that_moved_is_answered_at_its_new_id(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"}, groups="always")
    group, supergroup = -100, -1000000100
    await product.simulated.post(f"/telegram/chats/{group}", state="migrated_to", migrated_to=supergroup)
    await product.simulated.say(group, "hello all", title="Club", user_id=CHAT)
    await product.until_states("answered")
    await product.simulated.say(supergroup, "still here", title="Club", user_id=CHAT)
    await product.until_states("answered", "answered")
    assert [item["text"] for item in await product.simulated.sent(supergroup)] == [
        "You said: Test User: hello all",
        "You said: Test User: still here",
    ]
    request = (await product.simulated.asked())[-1]["request"]
    assert [line["role"] for line in request["messages"]] == ["system", "user", "assistant", "user"]


@pytest.mark.slow
async def test_typing_is_shown_while_the_model_works(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.answer("done", delay_seconds=2)
    await product.simulated.say(CHAT, "think")
    await product.until_states("answered")
    actions = [item for item in await product.simulated.ledger("outbound") if item["method"] == "sendChatAction"]
    assert [item["chat_id"] for item in actions] == [str(CHAT)]


@pytest.mark.slow
async def test_typing_is_left_out_while_the_platform_wants_none_and_the_answer_is_not(product: Product) -> None:
    channel = await product.telegram(bursts={"policy": "queue"})
    place = paces.place_of((await product.access(channel)).channel, str(CHAT))
    assert place is not None
    async with product.database.begin() as connection:
        await asides.hold(connection, place, datetime.now(UTC) + timedelta(minutes=1), whole=False)
    await product.simulated.answer("done", delay_seconds=2)
    await product.simulated.say(CHAT, "think")
    await product.until_states("answered")
    methods = {item["method"] for item in await product.simulated.ledger("outbound")}
    assert methods == {"sendMessage"}


@pytest.mark.slow
async def test_typing_that_is_refused_is_not_shown_again_before_its_time(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.post("/faults", kind="status", status=429, retry_after=40, method="sendChatAction")
    await product.simulated.answer("done", delay_seconds=2)
    for number, text in enumerate(("think", "and again"), 1):
        await product.simulated.say(CHAT, text)
        await product.until_states(*["answered"] * number)
    calls = [item["status"] for item in await product.simulated.ledger("call") if item["method"] == "sendChatAction"]
    assert calls == [429]
