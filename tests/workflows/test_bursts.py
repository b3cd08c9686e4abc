"""Messages that come while the model works: answered with the others, turned away, or left for the next turn."""

import pytest

from domain.bots import Bot
from tests.product import Product

CHAT = 7


@pytest.mark.slow
async def test_a_message_interrupts_the_model_and_both_are_answered_together(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "interrupt", "quiet_seconds": 0})
    await product.simulated.answers({"contains": "first", "fault": {"kind": "hang"}, "count": 1})
    said = [(await visitor.say("first")).json()["message_id"]]
    await product.until_asked()
    said.append((await visitor.say("second")).json()["message_id"])
    answers = await visitor.heard(1)
    await product.until_states("answered", "answered")
    assert [item["answers"] for item in answers] == [said]
    assert [item["turn"] for item in answers] == [1]
    request = (await product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    assert [line["content"] for line in request["messages"] if line["role"] == "user"] == ["first", "second"]


@pytest.mark.slow
async def test_a_turn_is_interrupted_so_often_and_no_more(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "interrupt", "quiet_seconds": 0, "max_interrupts": 1})
    await product.simulated.answers({"contains": "one", "delay_seconds": 2, "text": "of one turn", "count": 2})
    for count, text in enumerate(("one", "two", "three"), 1):
        await visitor.say(text)
        if count < 3:
            await product.until_asked(count)
    answers = await visitor.heard(2)
    await product.until_states("answered", "answered", "answered")
    assert [len(item["answers"]) for item in answers if isinstance(item["answers"], list)] == [2, 1]
    assert len(await product.simulated.asked()) == 3


@pytest.mark.slow
async def test_a_command_does_not_interrupt_and_is_answered_afterwards(product: Product) -> None:
    await product.telegram(bursts={"policy": "interrupt", "quiet_seconds": 0})
    await product.simulated.answers({"contains": "first", "delay_seconds": 2, "text": "the first answer"})
    await product.simulated.say(CHAT, "first")
    await product.until_asked()
    await product.simulated.say(CHAT, "/help")
    await product.until_states("answered", "answered")
    texts = [item["text"] for item in await product.simulated.sent(CHAT)]
    assert texts == ["the first answer", Bot(name="Ada").help_text]


@pytest.mark.slow
async def test_who_writes_while_the_bot_answers_is_told_once_to_wait(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "reject", "wait_text": "Just a moment."})
    await product.simulated.answers({"contains": "first", "delay_seconds": 3, "text": "the first answer"})
    await visitor.say("first")
    await product.until_asked()
    for text in ("second", "third"):
        await visitor.say(text)
        await visitor.heard(1)
    await visitor.heard(2)
    await product.until_states("answered", "rejected", "rejected")
    await visitor.say("fourth")
    answers = await visitor.heard(3)
    assert [item["text"] for item in answers] == ["Just a moment.", "the first answer", "You said: fourth"]
    assert (await product.states())[1:3] == [("rejected", "busy"), ("rejected", "busy")]
    assert answers[0]["answers"] == []


@pytest.mark.slow
async def test_a_changed_policy_holds_for_the_turn_that_comes_next(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"}, instructions="Be brief.")
    await visitor.say("one")
    await visitor.heard(1)
    operator = await product.operator()
    bot = (await operator.get("/bots"))["items"]
    assert isinstance(bot, list)
    assert isinstance(bot[0], dict)
    changed = await operator.client.patch(
        f"/v1/bots/{bot[0]['id']}",
        json={"instructions": "Be long.", "bursts": {"policy": "reject"}},
        headers={"Authorization": f"Bearer {operator.key}"},
    )
    assert changed.status_code == 200
    await product.simulated.answers({"contains": "two", "delay_seconds": 2, "text": "the second answer"})
    await visitor.say("two")
    await product.until_asked(2)
    await visitor.say("three")
    await visitor.heard(3)
    await product.until_states("answered", "answered", "rejected")
    request = (await product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    assert request["messages"][0]["content"] == "Be long."
