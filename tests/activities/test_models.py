"""The bot's models: each within its share of the patience, and none asked that fails again and again."""

import asyncio

import pytest
from pydantic import JsonValue
from temporalio.exceptions import ApplicationError

from adapters.database.engine import Database
from domain.circuits import FAILURES, REST_SECONDS
from settings import Settings
from tests.activities.bench import Bench, set_up
from tests.product import Product
from tests.simulated import Simulated

MODELS: dict[str, JsonValue] = {"model": {"name": "first"}, "fallback_models": [{"name": "second"}]}


async def failure(bench: Bench) -> ApplicationError:
    """How the activity fails."""
    with pytest.raises(ApplicationError) as raised:
        await bench.complete()
    return raised.value


async def models_asked(simulated: Simulated) -> list[object]:
    """Which models were asked, in order."""
    requests = [item["request"] for item in await simulated.asked()]
    return [request["model"] for request in requests if isinstance(request, dict)]


@pytest.mark.slow
async def test_a_model_that_hangs_leaves_time_for_the_next_one(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.fault("hang")
    slow: JsonValue = {"name": "first", "timeout_seconds": 600, "first_token_seconds": 600}
    async with set_up(simulating, shared, **{**MODELS, "model": slow}) as bench, asyncio.timeout(20):
        assert (await bench.within(seconds=2).complete()).model == "second"
        assert [model for model, *_ in await bench.usage()] == ["second"]


async def test_a_model_that_failed_again_and_again_is_passed_over_at_once(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.fault("status", status=500, count=FAILURES)
    async with set_up(simulating, shared, model={"name": "first"}) as bench:
        for _ in range(FAILURES):
            assert (await failure(bench)).type == "unreachable"
        error = await failure(bench)
        assert len(await simulated.asked()) == FAILURES
        assert error.next_retry_delay is not None
        assert 0 < error.next_retry_delay.total_seconds() <= REST_SECONDS


async def test_of_several_waits_the_shortest_is_kept(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.fault("status", status=429, retry_after=60)
    await simulated.fault("status", status=529, retry_after=7)
    async with set_up(simulating, shared, **MODELS) as bench:
        error = await failure(bench)
    assert (error.type, error.next_retry_delay and error.next_retry_delay.total_seconds()) == ("unreachable", 7)


async def test_answers_with_nothing_in_them_are_not_bought_for_ever(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.answer("")
    async with set_up(simulating, shared) as bench:
        assert not (await failure(bench.on_attempt(2))).non_retryable
        error = await failure(bench.on_attempt(3))
    assert (error.type, error.non_retryable) == ("empty_answer", True)


async def test_an_endless_answer_is_cut_and_paid(simulating: Settings, shared: Database, simulated: Simulated) -> None:
    await simulated.answer(characters=1_000_000)
    async with set_up(simulating, shared) as bench:
        await bench.complete()
        ((text, _, _),) = await bench.stored()
        ((_, _, output_tokens),) = await bench.usage()
    assert isinstance(text, str)
    assert (len(text), text[-1]) == (40_000, "…")
    assert isinstance(output_tokens, int)
    assert output_tokens > 10_000


@pytest.mark.slow
async def test_a_contact_hears_from_the_fallback_while_the_model_is_silent(product: Product) -> None:
    silent: JsonValue = {"name": "first", "first_token_seconds": 0.2}
    visitor = await product.visitor(
        bursts={"policy": "queue"}, model=silent, fallback_models=[{"name": "second", "api": "responses"}]
    )
    await product.simulated.fault("hang", method="chat/completions", probability=1)
    await visitor.say("hello")
    assert [item["text"] for item in await visitor.heard(1)] == ["You said: hello"]
    await product.until_states("answered")
