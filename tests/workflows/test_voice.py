"""A stop holds from its answer on, wherever the turn is that it meets: nothing more is said, and every message ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from pydantic import JsonValue

from tests.machine import until
from tests.product import Product

CHAT = 7
LONG = "word " * 2000
"""Three parts on Telegram."""
Meeting = Callable[[Product], Awaitable[None]]


@dataclass(frozen=True)
class Point:
    """Where a turn is met: how the bot is set, what goes wrong, and how one sees that the turn is there."""

    bot: dict[str, JsonValue]
    prepare: Meeting
    there: Meeting


async def nothing(_product: Product) -> None:
    """Needs no preparation."""


async def asked(product: Product) -> None:
    await product.until_asked()


async def called(product: Product, method: str, times: int) -> None:
    """Wait until the platform or the model was called so often."""

    async def enough() -> bool:
        calls = await product.simulated.ledger("call") + await product.simulated.ledger("model")
        return len([call for call in calls if call["method"] == method]) >= times

    await until(enough)


async def slow_model(product: Product) -> None:
    await product.simulated.answers({"contains": "hello", "delay_seconds": 2, "text": "too late"})


async def failing_model(product: Product) -> None:
    await product.simulated.answers({"contains": "hello", "fault": {"kind": "status", "status": 503}, "count": 2})


async def slow_judge(product: Product) -> None:
    await product.simulated.fault("delay", platform="openai", method="moderations", seconds=2)


async def slow_second_part(product: Product) -> None:
    await product.simulated.answer(LONG)
    await product.simulated.fault("delay", method="sendMessage", seconds=0)
    await product.simulated.fault("delay", method="sendMessage", seconds=1, count=3)


async def limited(product: Product) -> None:
    await product.simulated.fault("status", method="sendMessage", status=429, retry_after=2)


async def within_quiet(product: Product) -> None:
    async def heard() -> bool:
        return len(await product.states()) == 1

    await until(heard)


async def judging(product: Product) -> None:
    await called(product, "moderations", 1)


async def sending(product: Product) -> None:
    async def first_is_there() -> bool:
        return len(await product.simulated.sent(CHAT)) >= 1

    await until(first_is_there)


async def refused_once(product: Product) -> None:
    await called(product, "sendMessage", 1)


QUEUE: dict[str, JsonValue] = {"bursts": {"policy": "queue"}}
JUDGED: dict[str, JsonValue] = {**QUEUE, "moderation": {"provider": "openai", "when": "before"}}
POINTS = {
    "in the quiet moment": Point({"bursts": {"policy": "coalesce", "quiet_seconds": 2}}, nothing, within_quiet),
    "before the judge has spoken": Point(JUDGED, slow_judge, judging),
    "while the model works": Point(QUEUE, slow_model, asked),
    "between two attempts of the model": Point(QUEUE, failing_model, asked),
    "between two parts": Point(QUEUE, slow_second_part, sending),
    "while the platform wants us to wait": Point(QUEUE, limited, refused_once),
}
ENDS = {"pause": {"held", "answered"}, "takeover": {"held", "answered"}, "close": {"ignored", "answered"}}


@pytest.mark.slow
@pytest.mark.parametrize("control", ENDS)
@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
async def test_a_stop_holds_from_its_answer_on(product: Product, point: Point, control: str) -> None:
    await product.telegram(**point.bot)
    operator = await product.operator()
    await point.prepare(product)
    await product.simulated.say(CHAT, "hello")
    await point.there(product)
    conversations = (await operator.get("/conversations"))["items"]
    assert isinstance(conversations, list)
    assert isinstance(conversations[0], dict)
    await operator.post(f"/conversations/{conversations[0]['id']}/{control}")
    said = len(await product.simulated.sent(CHAT))
    # What the workflow does with the stop is over when an operator's word, which stands behind it, has arrived.
    await operator.post(f"/conversations/{conversations[0]['id']}/messages", text="A person here.")

    async def arrived() -> bool:
        return [item["text"] for item in await product.simulated.sent(CHAT)][said:] != []

    await until(arrived)

    async def ended() -> bool:
        return {state for state, _ in await product.states()} <= ENDS[control]

    await until(ended)
    assert [item["text"] for item in await product.simulated.sent(CHAT)][said:] == ["A person here."]
    assert ((await product.states())[0][0] == "answered") is (said > 0)
