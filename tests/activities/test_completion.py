"""Completion: the model is asked once, its fallbacks in order, and what it says is judged before anybody sees it."""

import asyncio

import pytest
from pydantic import JsonValue
from sqlalchemy import update
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from adapters.database.engine import Database
from adapters.database.tables import ChannelRow
from domain.turns import Completed
from settings import Settings
from tests.activities.bench import Bench, set_up
from tests.machine import until
from tests.product import Product, running_product
from tests.simulated import Simulated

MODELS: dict[str, JsonValue] = {
    "model": {"name": "first"},
    "fallback_models": [{"name": "second"}, {"name": "third"}],
}
CARD = "4111 1111 1111 1111"
REMOVED = "[card number removed]"


async def failure(bench: Bench) -> ApplicationError:
    """How the activity fails."""
    with pytest.raises(ApplicationError) as raised:
        await bench.complete()
    return raised.value


async def test_an_answer_is_stored_with_what_it_cost(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, shared) as bench:
        completed = await bench.complete()
        usage = (await simulated.asked())[0]["usage"]
        assert isinstance(usage, dict)
        assert completed == Completed(model="gpt-4.1-mini", output_tokens=usage["completion_tokens"])
        assert await bench.stored() == [("You said: hello", False, 1)]
        assert await bench.usage() == [("gpt-4.1-mini", usage["prompt_tokens"], usage["completion_tokens"])]


async def test_completing_a_turn_twice_asks_the_model_once(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, shared) as bench:
        await bench.complete()
        assert await bench.complete() == Completed()
        assert len(await simulated.asked()) == 1
        assert len(await bench.usage()) == 1


async def test_of_attempts_at_once_one_asks_and_the_others_come_later(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.answer("done", delay_seconds=0.5)
    async with set_up(simulating, shared) as bench:
        found = await asyncio.gather(*(bench.complete() for _ in range(4)), return_exceptions=True)
        late = [item for item in found if isinstance(item, ApplicationError)]
        assert [(item.type, item.non_retryable) for item in late] == [("lease_held", False)] * 3
        assert all(item.next_retry_delay is not None for item in late)
        assert len(await simulated.asked()) == 1


async def test_fallback_models_are_asked_in_order(simulating: Settings, shared: Database, simulated: Simulated) -> None:
    await simulated.post("/openai/answers", missing_models=["first"])
    await simulated.fault("status", status=500)
    async with set_up(simulating, shared, **MODELS) as bench:
        assert (await bench.complete()).model == "third"
        assert [item["status"] for item in await simulated.asked()] == [404, 500, 200]
        assert [model for model, *_ in await bench.usage()] == ["third"]


@pytest.mark.parametrize("missing", [["first", "third"], ["second", "third"], ["first", "second"]])
async def test_a_turn_is_tried_again_while_any_model_may_answer_later(
    simulating: Settings, shared: Database, simulated: Simulated, missing: list[str]
) -> None:
    await simulated.post("/openai/answers", missing_models=missing)
    await simulated.fault("status", status=429, retry_after=7)
    async with set_up(simulating, shared, **MODELS) as bench:
        error = await failure(bench)
    assert (error.type, error.non_retryable) == ("rate_limited", False)
    assert error.next_retry_delay is not None
    assert error.next_retry_delay.total_seconds() == 7


async def test_a_turn_that_no_model_will_ever_answer_is_not_tried_again(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.post("/openai/answers", missing_models=["first", "second", "third"])
    async with set_up(simulating, shared, **MODELS) as bench:
        error = await failure(bench)
    assert (error.type, error.non_retryable) == ("unacceptable", True)
    assert error.__cause__ is None


async def test_after_a_failure_the_next_attempt_asks_at_once(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.fault("status", status=500)
    async with set_up(simulating, shared) as bench:
        assert (await failure(bench)).type == "unreachable"
        assert (await bench.complete()).model == "gpt-4.1-mini"
        assert await bench.stored() == [("You said: hello", False, 2)]


async def test_a_cancelled_call_lets_the_next_attempt_ask_at_once(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.answers({"contains": "hello", "delay_seconds": 60, "count": 1, "text": "too late"})
    async with set_up(simulating, shared) as bench:
        environment = ActivityEnvironment()
        attempt = asyncio.create_task(environment.run(bench.completion.complete, bench.ref))

        async def asked() -> bool:
            return len(await simulated.asked()) == 1

        await until(asked)
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        assert (await bench.complete()).model == "gpt-4.1-mini"


async def test_a_model_that_takes_longer_than_it_may_is_given_up(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.fault("hang", method="chat/completions")
    models: dict[str, JsonValue] = {
        "model": {"name": "first", "timeout_seconds": 0.5},
        "fallback_models": [{"name": "second"}],
    }
    async with set_up(simulating, shared, **models) as bench:
        assert (await bench.complete()).model == "second"


@pytest.mark.parametrize("text", ["", "\u200b", "\n\n"])
async def test_an_answer_with_nothing_to_show_is_asked_for_again(
    simulating: Settings, shared: Database, simulated: Simulated, text: str
) -> None:
    await simulated.answer(text)
    async with set_up(simulating, shared) as bench:
        assert (await failure(bench)).type == "empty_answer"


async def test_without_a_key_the_failure_names_what_to_set(keyless: Settings, shared: Database) -> None:
    async with set_up(keyless, shared) as bench:
        error = await failure(bench)
    assert (error.type, error.non_retryable) == ("credentials_refused", True)
    assert "OPENAI_API_KEY" in str(error)


async def test_a_fallback_to_the_demo_model_needs_no_key(keyless: Settings, shared: Database) -> None:
    async with set_up(keyless, shared, fallback_models=[{"provider": "demo", "name": "demo"}]) as bench:
        assert (await bench.complete()).model == "demo"


async def test_a_turn_whose_channel_is_gone_asks_nobody(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, shared) as bench:
        gone = update(ChannelRow).where(ChannelRow.id == bench.chat.channel.id).values(deleted_at=bench.chat.now)
        async with shared.begin() as connection:
            await connection.execute(gone)
        assert await bench.complete() == Completed(refused=True, reason="channel_gone")
        assert await simulated.asked() == []


async def test_a_card_number_is_removed_before_the_answer_is_stored(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.answer(f"Your card is {CARD}.")
    async with set_up(simulating, shared) as bench:
        assert not (await bench.complete()).refused
        assert await bench.stored() == [(f"Your card is {REMOVED}.", False, 1)]
        assert await bench.verdicts() == [("output", "redact", ["card_number"])]


@pytest.mark.parametrize("moderation", [{"output": False}, {"provider": "none"}])
async def test_an_answer_is_left_as_it_is_where_the_bot_wants_no_judge(
    simulating: Settings, shared: Database, simulated: Simulated, moderation: dict[str, JsonValue]
) -> None:
    await simulated.answer(f"Your card is {CARD}.")
    async with set_up(simulating, shared, moderation=moderation) as bench:
        await bench.complete()
        assert await bench.stored() == [(f"Your card is {CARD}.", False, 1)]
        assert await bench.verdicts() == []


async def test_a_refused_answer_is_refused_again_without_asking(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.answer("a forbidden thing")
    async with set_up(simulating, shared, moderation={"rules": {"words": ["forbidden"]}}) as bench:
        completed = await bench.complete()
        assert (completed.refused, completed.reason) == (True, "moderation:words")
        assert await bench.complete() == Completed(refused=True, reason="moderation:words")
        assert len(await simulated.asked()) == 1
        assert await bench.verdicts() == [("output", "refuse", ["words"])]


async def test_the_contact_never_sees_a_refused_answer_or_a_card_number(product: Product) -> None:
    rules: JsonValue = {"refusal": "I won't.", "rules": {"words": ["forbidden"]}}
    visitor = await product.visitor(bursts={"policy": "queue"}, moderation=rules)
    await product.simulated.answers(
        {"contains": "first", "text": "a forbidden thing"}, {"contains": "second", "text": f"It is {CARD}."}
    )
    await visitor.say("first")
    await visitor.heard(1)
    await visitor.say("second")
    assert [item["text"] for item in await visitor.heard(2)] == ["I won't.", f"It is {REMOVED}."]
    await product.until_states("refused", "answered")
    assert (await product.states())[0] == ("refused", "moderation:words")


async def test_a_bot_without_a_key_apologises_and_says_why(
    settings: Settings, database: Database, simulated: Simulated
) -> None:
    async with running_product(settings.model_copy(update={"demo_model": False}), database, simulated) as product:
        visitor = await product.visitor(bursts={"policy": "queue"}, apology="So sorry.")
        await visitor.say("hello")
        assert [item["text"] for item in await visitor.heard(1)] == ["So sorry."]
        await product.until_states("failed")
        assert await product.states() == [("failed", "model:credentials_refused")]
