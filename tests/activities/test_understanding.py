"""Understanding: one call for all that a bot wants to know, kept with each message, and never in the turn's way."""

import json
from typing import TypeAlias

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database.records import Usage
from tests.machine import until
from tests.product import Product, Visitor

Item: TypeAlias = dict[str, JsonValue]
QUEUE: JsonValue = {"policy": "queue"}
ALL: JsonValue = {
    "sentiment": True,
    "intents": [{"name": "refund", "description": "Wants money back."}, {"name": "order"}],
    "entities": ["number", "email"],
    "language": True,
}
SAID = "My order 4711 is broken, I want a refund. Write to eve@example.com please!"


async def record(product: Product, visitor: Visitor) -> list[Item]:
    """The conversation's messages as the API shows them."""
    operator = await product.operator()
    listed = (await operator.get(f"/conversations/{visitor.session['conversation_id']}/messages"))["items"]
    assert isinstance(listed, list)
    return [item for item in listed if isinstance(item, dict)]


async def understanding(product: Product, visitor: Visitor) -> Item:
    """What is on record of the first message, once there is anything."""
    found: list[Item] = []

    async def is_kept() -> bool:
        found[:] = [item["understanding"] for item in await record(product, visitor) if item["understanding"]]  # type: ignore[misc]  # JSON
        return bool(found)

    await until(is_kept)
    return found[0]


async def shaped(product: Product) -> list[Item]:
    """The requests that wanted an answer of a shape."""
    requests = [item["request"] for item in await product.simulated.asked()]
    return [request for request in requests if isinstance(request, dict) and "response_format" in request]


async def purposes(product: Product) -> list[str]:
    """What was paid for."""
    async with product.database.begin() as connection:
        return sorted((await connection.scalars(select(Usage.purpose))).all())


@pytest.mark.slow
async def test_all_that_is_on_is_found_by_one_call_and_kept_with_the_message(product: Product) -> None:
    visitor = await product.visitor(bursts=QUEUE, understanding=ALL)
    await visitor.say(SAID)
    assert (await visitor.heard(1))[0]["text"] == f"You said: {SAID}"
    assert await understanding(product, visitor) == {
        "language": "en",
        "sentiment": "negative",
        "intent": {"name": "refund", "confidence": 0.9},
        "entities": [{"kind": "number", "text": "4711"}, {"kind": "email", "text": "eve@example.com"}],
        "reason": None,
    }
    assert len(await shaped(product)) == 1
    assert await purposes(product) == ["answer", "understand"]
    question, answer = await record(product, visitor)
    assert (question["translation"], answer["translation"], answer["understanding"]) == (None, None, None)
    assert [item["understanding"] for item in await visitor.messages()] == [None, None]


@pytest.mark.slow
async def test_a_bot_that_wants_nothing_pays_nothing(product: Product) -> None:
    visitor = await product.visitor(bursts=QUEUE)
    await visitor.say(SAID)
    await visitor.heard(1)
    await product.until_states("answered")
    assert await purposes(product) == ["answer"]
    assert (await record(product, visitor))[0]["understanding"] is None


@pytest.mark.slow
async def test_a_wrong_answer_is_asked_for_once_more(product: Product) -> None:
    await product.simulated.answers({"contains": "", "shape": "understanding", "text": "Angry!", "count": 1})
    visitor = await product.visitor(bursts=QUEUE, understanding=ALL)
    await visitor.say(SAID)
    assert (await understanding(product, visitor))["sentiment"] == "negative"
    assert len(await shaped(product)) == 2


@pytest.mark.slow
async def test_what_is_wrong_twice_is_not_understood_and_the_turn_goes_on(product: Product) -> None:
    wrong = json.dumps({"messages": [{"n": 1, "sentiment": "furious"}]})
    await product.simulated.answers({"contains": "", "shape": "understanding", "text": wrong})
    visitor = await product.visitor(bursts=QUEUE, understanding=ALL)
    await visitor.say(SAID)
    assert (await visitor.heard(1))[0]["text"] == f"You said: {SAID}"
    found = await understanding(product, visitor)
    assert (found["sentiment"], found["language"], found["reason"]) == (None, "en", "not_understood")
    assert await purposes(product) == ["answer", "understand", "understand"]


@pytest.mark.slow
async def test_an_endpoint_that_knows_no_shapes_is_asked_in_words(product: Product) -> None:
    fault: JsonValue = {"kind": "status", "status": 400}
    good = json.dumps({"messages": [{"n": 1, "sentiment": "mixed"}]})
    await product.simulated.answers(
        {"contains": "", "shape": "understanding", "fault": fault}, {"contains": "<data>", "text": good}
    )
    visitor = await product.visitor(bursts=QUEUE, understanding={"sentiment": True})
    await visitor.say(SAID)
    assert (await understanding(product, visitor))["sentiment"] == "mixed"


async def test_instructions_that_name_it_are_told_of_it(product: Product) -> None:
    told = "{{ understanding.sentiment }} {{ understanding.intent }} {{ understanding.entities[0].text }}"
    visitor = await product.visitor(bursts=QUEUE, understanding=ALL, instructions=told)
    await visitor.say(SAID)
    await visitor.heard(1)
    plain = [item["request"] for item in await product.simulated.asked()][-1]
    assert isinstance(plain, dict)
    assert plain["messages"][0]["content"] == "negative refund 4711"


async def test_the_demo_model_understands_nothing_but_the_language(product: Product) -> None:
    visitor = await product.visitor(bursts=QUEUE, understanding=ALL, model={"provider": "demo"})
    await visitor.say(SAID)
    await visitor.heard(1)
    found = await understanding(product, visitor)
    assert (found["language"], found["sentiment"], found["reason"]) == ("en", None, "no_model")
    assert await product.simulated.asked() == []
