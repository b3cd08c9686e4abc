"""A conversation on real servers: what the contact gets, in which order, and how each message ends."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from adapters.database.records import Turn
from tests.product import Product, Visitor


async def test_a_message_is_answered(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    said = await visitor.say("hello there")
    answers = await visitor.heard(1)
    assert said.status_code == 202
    assert [item["text"] for item in answers] == ["You said: hello there"]
    assert answers[0]["answers"] == [said.json()["message_id"]]
    await product.until_states("answered")


async def test_the_same_message_again_is_a_duplicate(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    first = await visitor.say("once", client_msg_id="one")
    again = await visitor.say("once", client_msg_id="one")
    await visitor.heard(1)
    assert again.status_code == 200
    assert again.json() == {**first.json(), "duplicate": True}
    await product.until_states("answered")


@pytest.mark.slow
async def test_a_queue_answers_each_message_in_turn(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    for number in range(5):
        await visitor.say(f"number {number}")
    answers = await visitor.heard(5)
    assert [item["text"] for item in answers] == [f"You said: number {number}" for number in range(5)]
    assert [item["turn"] for item in answers] == [1, 2, 3, 4, 5]


@pytest.mark.slow
async def test_a_burst_is_answered_at_once(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "coalesce", "quiet_seconds": 1})
    said = [(await visitor.say(f"part {number}")).json()["message_id"] for number in range(3)]
    answers = await visitor.heard(1)
    await product.until_states("answered", "answered", "answered")
    assert [item["answers"] for item in answers] == [said]
    assert len(await product.simulated.asked()) == 1


@pytest.mark.slow
async def test_the_model_sees_what_was_said_before(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"}, instructions="Be Ada.")
    await visitor.say("first")
    await visitor.heard(1)
    await visitor.say("second")
    await visitor.heard(2)
    request = (await product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    assert [(line["role"], line["content"]) for line in request["messages"]] == [
        ("system", "Be Ada."),
        ("user", "first"),
        ("assistant", "You said: first"),
        ("user", "second"),
    ]


@pytest.mark.slow
async def test_a_failing_model_ends_in_an_apology_and_the_next_message_works(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"}, apology="So sorry.")
    await product.simulated.answers({"contains": "boom", "fault": {"kind": "status", "status": 400}})
    await visitor.say("boom")
    await visitor.heard(1)
    await visitor.say("and now?")
    answers = await visitor.heard(2)
    assert [item["text"] for item in answers] == ["So sorry.", "You said: and now?"]
    await product.until_states("failed", "answered")
    assert (await product.states())[0] == ("failed", "model:unacceptable")


@pytest.mark.slow
async def test_a_model_that_never_answers_costs_no_more_than_the_patience(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"}, patience_seconds=3, apology="Too slow.")
    await product.simulated.answers({"contains": "hang", "fault": {"kind": "hang"}})
    await visitor.say("hang")
    answers = await visitor.heard(1, within_seconds=8)
    assert [item["text"] for item in answers] == ["Too slow."]
    await visitor.say("still there?")
    assert (await visitor.heard(2))[1]["text"] == "You said: still there?"


@pytest.mark.slow
async def test_an_empty_answer_is_asked_for_again(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await product.simulated.answers({"contains": "hello", "text": "", "count": 1})
    await visitor.say("hello")
    assert [item["text"] for item in await visitor.heard(1)] == ["You said: hello"]


@pytest.mark.slow
async def test_an_answer_of_a_megabyte_arrives_shortened(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await product.simulated.answer(characters=1_000_000)
    await visitor.say("all of it, please")
    answers = await visitor.heard(1)
    assert len(str(answers[0]["text"])) == 40_000


@pytest.mark.slow
async def test_a_message_of_forty_thousand_characters_is_kept_whole(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    text = "ü" * 40_000
    assert (await visitor.say(text)).status_code == 202
    await visitor.heard(1)
    assert (await visitor.messages())[0]["text"] == text
    request = (await product.simulated.asked())[0]["request"]
    assert isinstance(request, dict)
    assert request["messages"][-1]["content"] == text


@pytest.mark.slow
async def test_conversations_do_not_wait_for_each_other(product: Product) -> None:
    slow = await product.visitor(bursts={"policy": "queue"})
    quick = await product.visitor(bursts={"policy": "queue"})
    await product.simulated.answers({"contains": "slow", "text": "done", "delay_seconds": 5})
    await slow.say("slow")
    await quick.say("quick")
    await quick.heard(1, within_seconds=4)
    assert [item for item in await slow.messages() if item["direction"] == "outbound"] == []


@pytest.mark.slow
async def test_many_visitors_are_answered_side_by_side(product: Product) -> None:
    channel = await product.channel(bursts={"policy": "queue"})
    visitors = [Visitor(product.client, channel.id) for _ in range(10)]
    await asyncio.gather(*(visitor.enter() for visitor in visitors))
    await asyncio.gather(*(visitor.say(f"I am {number}") for number, visitor in enumerate(visitors)))
    answers = await asyncio.gather(*(visitor.heard(1) for visitor in visitors))
    assert [heard[0]["text"] for heard in answers] == [f"You said: I am {number}" for number in range(10)]


@pytest.mark.slow
async def test_above_the_rate_messages_are_answered_together_and_in_order(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"}, limits={"messages_per_minute": 2})
    for number in range(2):
        await visitor.say(f"number {number}")
    await visitor.heard(2)
    await product.until_states("answered", "answered")
    async with product.database.begin() as connection:
        await connection.execute(update(Turn).values(opened_at=Turn.opened_at - timedelta(seconds=55)))
    said = [(await visitor.say(f"number {number}")).json()["message_id"] for number in range(2, 5)]
    answers = await visitor.heard(3)
    assert answers[2]["answers"] == said
