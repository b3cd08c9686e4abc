"""Moderation by a provider: before the model or beside it, on both sides, and when the provider is away."""

import pytest
from pydantic import JsonValue
from temporalio.exceptions import ApplicationError

from activities.moderation import Judged
from adapters.database.engine import Database
from settings import Settings
from tests.activities.bench import set_up
from tests.product import Product
from tests.simulated import Simulated

FLAGGED = {"awful": "hate", "vile": "violence"}
REFUSAL = "I won't."


def judged(**more: JsonValue) -> dict[str, JsonValue]:
    """A bot whose messages and answers a provider judges."""
    moderation: dict[str, JsonValue] = {"provider": "openai", "refusal": REFUSAL, **more}
    return {"bursts": {"policy": "queue"}, "moderation": moderation}


async def judge_calls(simulated: Simulated) -> list[object]:
    """The texts that the provider was asked about."""
    calls = [item["request"] for item in await simulated.ledger("model") if item["method"] == "moderations"]
    return [call["input"] for call in calls if isinstance(call, dict)]


async def test_all_messages_of_a_turn_are_judged_together(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, shared, "hello", "how are you?", **judged()) as bench:
        assert await bench.moderate() == Judged()
        assert await judge_calls(simulated) == ["hello\nhow are you?"]
        assert await bench.verdicts() == []


async def test_a_refusal_names_its_categories_and_its_verdict_is_stored_once(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.post("/openai/answers", flagged_words=FLAGGED)
    async with set_up(simulating, shared, "an awful, vile thing", **judged()) as bench:
        for _ in range(2):
            assert await bench.moderate() == Judged(refused=True, reason="moderation:hate,violence")
        assert await bench.verdicts() == [("input", "refuse", ["hate", "violence"])]


@pytest.mark.parametrize(
    ("status", "reason", "never"),
    [(500, "unreachable", False), (429, "rate_limited", False), (400, "unacceptable", True)],
)
async def test_a_provider_that_is_away_is_a_failure_that_the_policy_replaces(
    simulating: Settings, shared: Database, simulated: Simulated, status: int, reason: str, never: bool
) -> None:
    await simulated.fault("status", status=status, method="moderations")
    async with set_up(simulating, shared, **judged()) as bench:
        with pytest.raises(ApplicationError) as raised:
            await bench.moderate()
    assert (raised.value.type, raised.value.non_retryable) == (reason, never)


async def test_without_a_provider_the_failure_names_what_to_set(keyless: Settings, shared: Database) -> None:
    async with set_up(keyless, shared, **judged()) as bench:
        with pytest.raises(ApplicationError, match="OPENAI_API_KEY") as raised:
            await bench.moderate()
    assert raised.value.non_retryable


@pytest.mark.parametrize(
    ("on_error", "refused", "reason"), [("open", False, None), ("closed", True, "moderation:unavailable")]
)
async def test_an_answer_that_cannot_be_judged_is_sent_or_refused_as_the_bot_says(
    simulating: Settings, shared: Database, simulated: Simulated, on_error: str, refused: bool, reason: str | None
) -> None:
    await simulated.fault("status", status=503, method="moderations")
    async with set_up(simulating, shared, **judged(on_error=on_error)) as bench:
        completed = await bench.complete()
    assert (completed.refused, completed.reason) == (refused, reason)


async def test_the_built_in_rules_clean_an_answer_before_a_provider_sees_it(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.answer("It is 4111 1111 1111 1111.")
    async with set_up(simulating, shared, **judged()) as bench:
        await bench.complete()
        assert await judge_calls(simulated) == ["It is [card number removed]."]
        assert await bench.verdicts() == [("output", "redact", ["card_number"])]


@pytest.mark.slow
@pytest.mark.parametrize("when", ["parallel", "before"])
async def test_a_flagged_message_is_refused_and_the_next_one_is_answered(product: Product, when: str) -> None:
    await product.simulated.post("/openai/answers", flagged_words=FLAGGED)
    visitor = await product.visitor(**judged(when=when))
    await visitor.say("an awful thing")
    await visitor.heard(1)
    await visitor.say("sorry")
    assert [item["text"] for item in await visitor.heard(2)] == [REFUSAL, "You said: sorry"]
    await product.until_states("refused", "answered")
    assert (await product.states())[0] == ("refused", "moderation:hate")


async def test_what_is_refused_before_costs_no_call_of_the_model(product: Product) -> None:
    await product.simulated.post("/openai/answers", flagged_words=FLAGGED)
    visitor = await product.visitor(**judged(when="before"))
    await visitor.say("an awful thing")
    await visitor.heard(1)
    assert await product.simulated.asked() == []


@pytest.mark.slow
async def test_beside_the_model_a_slow_judge_still_decides(product: Product) -> None:
    await product.simulated.post("/openai/answers", flagged_words=FLAGGED)
    await product.simulated.fault("delay", seconds=1.5, method="moderations")
    visitor = await product.visitor(**judged(when="parallel"))
    await visitor.say("an awful thing")
    assert [item["text"] for item in await visitor.heard(1)] == [REFUSAL]
    assert len(await product.simulated.asked()) == 1


async def test_a_flagged_answer_is_refused(product: Product) -> None:
    await product.simulated.post("/openai/answers", flagged_words=FLAGGED)
    await product.simulated.answer("a vile answer")
    visitor = await product.visitor(**judged())
    await visitor.say("hello")
    assert [item["text"] for item in await visitor.heard(1)] == [REFUSAL]
    await product.until_states("refused")
    assert await product.states() == [("refused", "moderation:violence")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "on_error", "answer", "state"),
    [
        ("parallel", "open", "You said: hello", ("answered", None)),
        ("before", "open", "You said: hello", ("answered", None)),
        ("parallel", "closed", REFUSAL, ("refused", "moderation:unavailable")),
        ("before", "closed", REFUSAL, ("refused", "moderation:unavailable")),
    ],
)
async def test_where_the_provider_is_away_the_bots_policy_decides(
    product: Product, when: str, on_error: str, answer: str, state: tuple[str, str | None]
) -> None:
    await product.simulated.fault("status", status=503, method="moderations", count=20)
    visitor = await product.visitor(**judged(when=when, on_error=on_error))
    await visitor.say("hello")
    assert [item["text"] for item in await visitor.heard(1)] == [answer]
    await product.until_states(state[0])
    assert await product.states() == [state]


async def test_where_input_is_not_judged_only_answers_are(product: Product) -> None:
    visitor = await product.visitor(**judged(input=False))
    await visitor.say("hello")
    await visitor.heard(1)
    assert await judge_calls(product.simulated) == ["You said: hello"]


async def test_where_answers_are_not_judged_only_input_is(product: Product) -> None:
    visitor = await product.visitor(**judged(output=False))
    await visitor.say("hello")
    await visitor.heard(1)
    assert await judge_calls(product.simulated) == ["hello"]
