"""Categories: each has its own threshold and its own end, and guards are paid for like all others."""

from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import select
from temporalio.exceptions import ApplicationError

from activities.moderation import Judged
from adapters.database.engine import Database
from adapters.database.records import Notice, Usage
from adapters.database.spending import Reservation
from settings import Settings
from tests.activities.bench import Bench, set_up
from tests.activities.test_moderation import REFUSAL, judged
from tests.activities.test_workspace_models import offer
from tests.machine import until
from tests.product import Product
from tests.simulated import Simulated

FLAGGED = {"awful": "hate", "vile": "violence"}
PRICE = {"input": 1_000_000, "output": 1_000_000}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ({"threshold": 0.99}, Judged()),
        ({"threshold": 0.9}, Judged(refused=True, reason="moderation:hate")),
        ({"action": "allow"}, Judged()),
        ({"action": "end"}, Judged(refused=True, reason="moderation:hate")),
    ],
)
async def test_a_providers_category_has_its_own_threshold_and_action(
    simulating: Settings, shared: Database, simulated: Simulated, rule: JsonValue, verdict: Judged
) -> None:
    await simulated.post("/openai/answers", flagged_words=FLAGGED)
    async with set_up(simulating, shared, "an awful thing", **judged(categories={"hate": rule})) as bench:
        assert await bench.moderate() == verdict


async def test_what_is_allowed_is_written_down(simulating: Settings, shared: Database, simulated: Simulated) -> None:
    await simulated.post("/openai/answers", flagged_words=FLAGGED)
    allowed: JsonValue = {"hate": {"action": "allow"}}
    async with set_up(simulating, shared, "an awful thing", **judged(categories=allowed)) as bench:
        await bench.moderate()
        assert await bench.verdicts() == [("input", "allow", ["hate"])]


@pytest.mark.slow
async def test_what_a_rule_takes_out_the_model_does_not_see(product: Product) -> None:
    rules: JsonValue = {"lists": ["personal_data"]}
    moderation: JsonValue = {"rules": rules, "categories": {"personal_data": {"action": "redact"}}}
    visitor = await product.visitor(moderation=moderation)
    await visitor.say("I am ada@example.org.")
    assert [item["text"] for item in await visitor.heard(1)] == ["You said: I am [removed]."]
    await product.until_states("answered")
    listed = await (await product.operator()).get("/verdicts", action="redact")
    ((verdict,),) = (listed["items"],)  # type: ignore[misc]  # a list of one
    assert (verdict["categories"], verdict["direction"], verdict["turn"]) == (["personal_data"], "input", 1)


MODERATED: dict[str, JsonValue] = {
    "a rule, of what was said": {"rules": {"words": ["awful"]}, "categories": {"words": {"action": "hand_over"}}},
    "a rule, of the answer": {
        "input": False,
        "rules": {"words": ["awful"]},
        "categories": {"words": {"action": "hand_over"}},
    },
    "a provider, before": {
        "provider": "openai",
        "output": False,
        "when": "before",
        "categories": {"hate": {"action": "hand_over"}},
    },
    "a provider, beside": {"provider": "openai", "output": False, "categories": {"hate": {"action": "hand_over"}}},
}


@pytest.mark.slow
@pytest.mark.parametrize("by", MODERATED)
async def test_a_conversation_is_handed_over_by_a_category(product: Product, by: str) -> None:
    await product.simulated.post("/openai/answers", flagged_words=FLAGGED)
    visitor = await product.visitor(bursts={"policy": "queue"}, moderation=MODERATED[by])
    await visitor.say("an awful thing")
    await product.until_states("held")
    assert await product.states() == [("held", "handed_over")]
    operator = await product.operator()
    ((conversation,),) = ((await operator.get("/conversations"))["items"],)  # type: ignore[misc]  # a list of one
    assert conversation["status"] == "handed_over"
    ((verdict,),) = ((await operator.get("/verdicts", conversation_id=str(conversation["id"])))["items"],)  # type: ignore[misc]  # the same
    assert verdict["action"] == "hand_over"
    async with product.database.begin() as connection:
        assert (await connection.scalars(select(Notice.kind))).all() == ["moderation_handover"]
    await operator.post(f"/conversations/{conversation['id']}/messages", text="I am here.")
    assert [item["text"] for item in await visitor.heard(1)] == ["I am here."]


@pytest.mark.slow
@pytest.mark.parametrize("by", ["rules", "openai"])
async def test_a_conversation_ends_by_a_category_and_the_next_message_reopens_it(product: Product, by: str) -> None:
    await product.simulated.post("/openai/answers", flagged_words=FLAGGED)
    end: JsonValue = {"action": "end"}
    moderation: JsonValue = {
        "provider": by, "refusal": REFUSAL, "rules": {"words": ["awful"]}, "categories": {"words": end, "hate": end}
    }  # fmt: skip
    visitor = await product.visitor(bursts={"policy": "queue"}, moderation=moderation)
    await visitor.say("an awful thing")
    assert [item["text"] for item in await visitor.heard(1)] == [REFUSAL]
    await product.until_states("refused")
    operator = await product.operator()

    async def statuses() -> list[object]:
        items = (await operator.get("/conversations"))["items"]
        assert isinstance(items, list)
        return [item["status"] for item in items if isinstance(item, dict)]

    assert await statuses() == ["closed"]
    await visitor.say("sorry")
    assert [item["text"] for item in await visitor.heard(2)] == [REFUSAL, "You said: sorry"]

    async def reopened() -> bool:
        return await statuses() == ["waiting"]

    await until(reopened)


async def test_a_guards_call_is_on_the_bill(simulating: Settings, shared: Database, simulated: Simulated) -> None:
    await simulated.answers({"contains": "hello", "text": "safe"})
    async with set_up(simulating, shared, moderation={"provider": "paid-guard"}) as bench:
        await offer(bench, simulating, "paid-guard", model="llama-guard", price=PRICE)
        await bench.moderate()
        await bench.complete()
        row = Usage
        bill = select(row.purpose, row.model, row.cost > 0).where(row.conversation_id == bench.chat.id)
        assert await bench.chat.rows(bill.order_by(row.created_at)) == [
            ("judge_input", "llama-guard", True),
            ("judge_output", "llama-guard", True),
            ("answer", "gpt-4.1-mini", True),
        ]


@pytest.mark.parametrize("on_error", ["open", "closed"])
async def test_a_guard_that_the_budget_forbids_is_a_judge_that_is_away(
    simulating: Settings, shared: Database, simulated: Simulated, on_error: str
) -> None:
    await simulated.answers({"contains": "hello", "text": "safe"})
    moderation: JsonValue = {"provider": f"dear-guard-{on_error}", "on_error": on_error}
    limits: JsonValue = {"cost_per_day": 1}
    async with set_up(simulating, shared, moderation=moderation, limits=limits) as bench:
        await offer(bench, simulating, f"dear-guard-{on_error}", model="llama-guard", price=PRICE)
        with pytest.raises(ApplicationError, match="was not asked") as raised:
            await bench.moderate()
        assert raised.value.non_retryable
        completed = await bench.complete()
        assert completed.reason == (None if on_error == "open" else "moderation:unavailable")
        assert [item["request"]["model"] for item in await simulated.asked()] == ["gpt-4.1-mini"]  # type: ignore[index]  # a request


async def test_a_guard_that_fails_again_and_again_is_left_alone(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.fault("status", status=500, method="chat/completions", count=5)
    async with set_up(simulating, shared, moderation={"provider": "away-guard"}) as bench:
        await offer(bench, simulating, "away-guard", model="llama-guard")
        for _ in range(5):
            await fails(bench, "500")
        await fails(bench, "left alone")
        held = select(Reservation.lease).where(Reservation.turn_id == UUID(bench.ref.turn_id))
        assert await bench.chat.rows(held) == []


async def fails(bench: Bench, told: str) -> None:
    """The judge gives no verdict."""
    with pytest.raises(ApplicationError, match=told):
        await bench.moderate()
