"""Answers as they are given: pages see them grow, in order, and end with exactly what is stored."""

from itertools import pairwise

import pytest
from pydantic import JsonValue

from tests.api.visits import Heard, Stream, listening
from tests.processes import command
from tests.product import MadeChannel, Product, Visitor

ANSWER = "First, open the lid. Then pour water up to the mark; wait until it boils, and put 2 spoons of tea in. "
QUEUE: dict[str, JsonValue] = {"bursts": {"policy": "queue"}}
PAUSE = {"kind": "stall_mid_stream", "seconds": 2}
GOES_ON_SECONDS = 30.0


async def enter(product: Product, **bot: JsonValue) -> tuple[MadeChannel, Visitor]:
    """Someone at the webchat of a new bot."""
    channel = await product.channel(**QUEUE, **bot)
    visitor = Visitor(product.client, channel.id)
    await visitor.enter()
    return channel, visitor


async def until_answered(stream: Stream) -> tuple[list[Heard], Heard]:
    """The deltas until the answer, and the answer."""
    deltas: list[Heard] = []
    while True:
        heard = await stream.next("delta", "message")
        if heard.event == "delta":
            deltas.append(heard)
        elif heard.data["direction"] == "outbound":
            return deltas, heard


def drawn(deltas: list[Heard]) -> list[str]:
    """What a page shows after each delta."""
    shown: list[str] = []
    for delta in deltas:
        offset, text = delta.data["offset"], str(delta.data["text"])
        assert offset in (0, len(shown[-1]) if shown else 0)
        shown.append((shown[-1] if offset else "") + text)
    return shown


@pytest.mark.slow
async def test_an_answer_grows_until_it_is_there(product: Product) -> None:
    channel, visitor = await enter(product)
    await product.simulated.answer(ANSWER, chunk_characters=4, chunk_seconds=0.03, fault=PAUSE)
    async with listening(product.client, channel.id, visitor) as stream:
        await visitor.say("tea?")
        early = await stream.next("delta")
        async with listening(product.client, channel.id, visitor) as late:
            joined = await late.next("delta")
        deltas, answer = await until_answered(stream)
    shown = drawn([early, *deltas])
    assert answer.data["text"] == ANSWER
    assert len(shown) > 1
    assert all(len(one) < len(other) and ANSWER.startswith(other) for one, other in pairwise(shown))
    assert {delta.id for delta in (early, *deltas)} == {None}
    assert {name: early.data[name] for name in ("turn", "generation", "attempt")} == {
        "turn": 1, "generation": 1, "attempt": 1,
    }  # fmt: skip
    assert (joined.data["offset"], ANSWER.startswith(str(joined.data["text"]))) == (0, True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["close_mid_stream", "stall_mid_stream"])
async def test_a_second_attempt_begins_anew(product: Product, kind: str) -> None:
    model: JsonValue = {"provider": "openai", "stall_seconds": 1}
    channel, visitor = await enter(product, model=model)
    broken = {"text": "One moment, I will look.", "chunk_seconds": 0.1, "fault": {"kind": kind}}
    await product.simulated.answers(
        {"contains": "tea", "count": 1, **broken}, {"contains": "tea", "text": ANSWER, "chunk_seconds": 0.1}
    )
    async with listening(product.client, channel.id, visitor) as stream:
        await visitor.say("tea?")
        deltas, answer = await until_answered(stream)
    assert answer.data["text"] == ANSWER
    first, second = ([item for item in deltas if item.data["attempt"] == number] for number in (1, 2))
    assert "One moment, I will look.".startswith(drawn(first)[-1])
    assert second[0].data["offset"] == 0
    assert ANSWER.startswith(drawn(second)[-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    "moderation",
    [
        {"rules": {"words": ["forbidden"]}},
        {"provider": "openai", "input": False},
        {"provider": "openai", "output": False},
    ],
    ids=["own rules", "a judge of answers", "a judge of questions beside the model"],
)
async def test_nothing_is_shown_before_a_verdict(product: Product, moderation: JsonValue) -> None:
    channel, visitor = await enter(product, moderation=moderation)
    await product.simulated.answer(ANSWER, chunk_characters=8, chunk_seconds=0.02)
    async with listening(product.client, channel.id, visitor) as stream:
        await visitor.say("tea?")
        deltas, answer = await until_answered(stream)
    assert (deltas, answer.data["text"]) == ([], ANSWER)


@pytest.mark.slow
async def test_after_a_verdict_that_was_waited_for_the_answer_is_shown(product: Product) -> None:
    channel, visitor = await enter(product, moderation={"provider": "openai", "output": False, "when": "before"})
    await product.simulated.answer(ANSWER, fault=PAUSE)
    async with listening(product.client, channel.id, visitor) as stream:
        await visitor.say("tea?")
        deltas, _ = await until_answered(stream)
    assert ANSWER.startswith(drawn(deltas)[-1])


@pytest.mark.slow
async def test_nothing_more_is_seen_of_an_answer_after_a_takeover(product: Product) -> None:
    channel, visitor = await enter(product)
    await product.simulated.answer(characters=4000, chunk_characters=20, chunk_seconds=0.05)
    operator = await product.operator()
    async with listening(product.client, channel.id, visitor) as stream:
        await visitor.say("tea?")
        await stream.next("delta")
        await operator.post(f"/conversations/{visitor.session['conversation_id']}/takeover")
        await stream.next("status")
        await operator.post(f"/conversations/{visitor.session['conversation_id']}/messages", text="I am here.")
        heard = [await stream.next("delta", "message", "status")]
        while heard[-1].event != "message":
            heard.append(await stream.next("delta", "message", "status"))
    assert heard[-1].data["text"] == "I am here."
    assert {item.event for item in heard[:-1]} <= {"status"}


@pytest.mark.slow
async def test_after_a_kill_in_the_middle_the_page_ends_with_exactly_the_answer(front_door: Product) -> None:
    channel, visitor = await enter(front_door)
    stalled = {"contains": "tea", "count": 1, "text": "One moment, I will look.", "fault": {"kind": "stall_mid_stream"}}
    await front_door.simulated.answers(stalled, {"contains": "tea", "text": ANSWER})
    async with listening(front_door.client, channel.id, visitor) as stream:
        async with command(front_door.settings, "worker") as worker:
            await visitor.say("tea?")
            assert "One moment, I will look.".startswith(str((await stream.next("delta")).data["text"]))
            await worker.kill()
        async with command(front_door.settings, "worker"):
            await front_door.until_states("answered", within_seconds=GOES_ON_SECONDS)
            deltas, answer = await until_answered(stream)
    assert {delta.data["attempt"] for delta in deltas} <= {1, 2}
    assert answer.data["text"] == ANSWER
    assert [item["text"] for item in await visitor.heard(1)] == [ANSWER]
