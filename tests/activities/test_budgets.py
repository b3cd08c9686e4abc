"""The bill: each call has its cost, and a bot whose day is spent asks nobody, and does what its owner wants."""

import asyncio
from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import budget_days
from adapters.database.engine import Database
from adapters.database.records import Notice, Usage
from adapters.database.spending import Reservation
from adapters.database.tables import Conversation
from adapters.processes.ports import free_port
from domain.budgets import Amount
from domain.turns import Completed
from settings import Settings
from tests.activities.bench import Bench, set_up
from tests.machine import until
from tests.product import Product, Visitor, running_product
from tests.simulated import Simulated

DEAR: dict[str, JsonValue] = {"name": "gpt-4.1"}
CHEAP: dict[str, JsonValue] = {"name": "gpt-4.1-nano"}
SPENT = "Come back tomorrow."


async def costs(bench: Bench) -> list[tuple[object, ...]]:
    """Model and cost of each call."""
    query = select(Usage.model, Usage.cost).where(Usage.conversation_id == bench.chat.id)
    return await bench.chat.rows(query.order_by(Usage.created_at))


async def spent(bench: Bench) -> Amount:
    """What the bot's day has cost."""
    async with bench.chat.database.begin() as connection:
        made = bench.chat.channel
        found = await budget_days.standing(connection, made.workspace_id, "bot", made.bot_id, bench.chat.now)
    assert found.reserved == Amount()
    return found.spent


async def test_a_call_costs_what_the_list_says(simulating: Settings, shared: Database, simulated: Simulated) -> None:
    async with set_up(simulating, shared) as bench:
        await bench.complete()
        usage = (await simulated.asked())[0]["usage"]
        assert isinstance(usage, dict)
        cost = (usage["prompt_tokens"] * 0.4 + usage["completion_tokens"] * 1.6) / 1_000_000
        assert await costs(bench) == [("gpt-4.1-mini", pytest.approx(cost))]


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ({"name": "llama3"}, None),
        ({"name": "llama3", "price": {"input": 0, "output": 1_000_000}}, 4.0),
        ({"provider": "demo", "name": "demo"}, 0.0),
    ],
)
async def test_a_call_of_an_unlisted_model_costs_what_its_owner_says_or_nothing_that_is_known(
    simulating: Settings, shared: Database, simulated: Simulated, model: dict[str, JsonValue], cost: float | None
) -> None:
    await simulated.answer("four tokens here")
    async with set_up(simulating, shared, model=model) as bench:
        await bench.complete()
        assert [found for _, found in await costs(bench)] == [cost]


async def test_an_answer_with_nothing_in_it_is_paid_for(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    models: dict[str, JsonValue] = {"model": DEAR, "fallback_models": [CHEAP]}
    await simulated.answers({"contains": "hello", "text": "", "count": 1})
    async with set_up(simulating, shared, limits={"tokens_per_day": 10_000}, **models) as bench:
        await bench.complete()
        assert [model for model, _ in await costs(bench)] == ["gpt-4.1", "gpt-4.1-nano"]
        assert (await spent(bench)).tokens == sum(read + wrote for _, read, wrote in await bench.usage())  # type: ignore[operator]  # numbers


async def test_a_call_that_failed_costs_nothing_and_holds_nothing(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.fault("status", status=500)
    async with set_up(simulating, shared, limits={"tokens_per_day": 10_000, "cost_per_day": 1}) as bench:
        with pytest.raises(Exception, match="500"):
            await bench.complete()
        assert await spent(bench) == Amount()
        assert await costs(bench) == []


async def test_a_stored_answer_costs_nothing_again(simulating: Settings, shared: Database) -> None:
    async with set_up(simulating, shared, limits={"tokens_per_day": 10_000, "cost_per_day": 1}) as bench:
        await bench.complete()
        once = await spent(bench)
        await bench.complete()
        assert await spent(bench) == once
        assert once.tokens > 0


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"tokens_per_day": 10}, "budget:tokens_per_day"),
        ({"cost_per_day": 0}, "budget:cost_per_day"),
    ],
)
async def test_a_bot_whose_day_is_spent_asks_nobody(
    simulating: Settings, shared: Database, simulated: Simulated, limits: dict[str, JsonValue], reason: str
) -> None:
    async with set_up(simulating, shared, limits=limits, fallback_models=[CHEAP]) as bench:
        for _ in range(2):
            assert await bench.complete() == Completed(refused=True, exhausted=True, reason=reason)
        assert await simulated.asked() == []


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"per_contact": {"tokens_per_day": 10}}, "budget:contact:tokens_per_day"),
        ({"per_conversation": {"cost_per_day": 0}}, "budget:conversation:cost_per_day"),
    ],
)
async def test_a_contact_and_a_conversation_have_budgets_of_their_own(
    simulating: Settings, shared: Database, simulated: Simulated, limits: dict[str, JsonValue], reason: str
) -> None:
    async with set_up(simulating, shared, limits=limits) as bench:
        assert await bench.complete() == Completed(refused=True, exhausted=True, reason=reason)
        assert await simulated.asked() == []


@pytest.mark.parametrize(
    ("fallbacks", "asked"),
    [
        ([{"name": "llama3"}, DEAR, CHEAP], ["gpt-4.1-nano"]),
        ([{"name": "llama3"}, DEAR], []),
        ([{**CHEAP, "max_output_tokens": 900_000}], []),
    ],
)
async def test_the_first_fallback_of_a_known_lower_price_is_asked_once_the_dearer_does_not_fit(
    simulating: Settings, shared: Database, simulated: Simulated, fallbacks: list[JsonValue], asked: list[str]
) -> None:
    limits: dict[str, JsonValue] = {"cost_per_day": 0.002, "when_exhausted": "cheaper_model"}
    async with set_up(simulating, shared, model=DEAR, fallback_models=fallbacks, limits=limits) as bench:
        completed = await bench.complete()
        assert completed.exhausted == (not asked)
        requests = [item["request"] for item in await simulated.asked()]
        assert [request["model"] for request in requests if isinstance(request, dict)] == asked


async def test_a_call_under_way_holds_its_part_until_it_is_cancelled(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.answers({"contains": "hello", "delay_seconds": 60, "text": "too late"})
    async with set_up(simulating, shared, limits={"tokens_per_day": 10_000}) as bench:
        attempt = asyncio.create_task(bench.complete())
        held = select(Reservation.lease).where(Reservation.turn_id == UUID(bench.ref.turn_id))

        async def reserved() -> bool:
            return bool(await bench.chat.rows(held))

        await until(reserved)
        attempt.cancel()
        await asyncio.wait({attempt})
        assert await bench.chat.rows(held) == []


async def test_the_contact_hears_that_the_day_is_spent_and_the_operator_once(product: Product) -> None:
    limits: JsonValue = {"tokens_per_day": 10, "exhausted_text": SPENT}
    visitor = await product.visitor(bursts={"policy": "queue"}, limits=limits)
    for number in (1, 2):
        await visitor.say("hello")
        assert [item["text"] for item in await visitor.heard(number)] == [SPENT] * number
    await product.until_states("rejected", "rejected")
    assert await product.states() == [("rejected", "budget:tokens_per_day")] * 2
    assert await product.simulated.asked() == []
    async with product.database.begin() as connection:
        assert (await connection.scalars(select(Notice.kind))).all() == ["budget_exhausted"]


async def test_a_conversation_goes_to_an_operator_once_the_day_is_spent(product: Product) -> None:
    limits: JsonValue = {"cost_per_day": 0, "exhausted_text": SPENT, "when_exhausted": "handover"}
    visitor = await product.visitor(bursts={"policy": "queue"}, limits=limits)
    await visitor.say("hello")
    await product.until_states("held")
    assert await product.states() == [("held", "handed_over")]
    operator = await product.operator()
    async with product.database.begin() as connection:
        conversation = await connection.scalar(select(Conversation.id))
    assert (await operator.get(f"/conversations/{conversation}"))["status"] == "handed_over"
    await operator.post(f"/conversations/{conversation}/messages", text="Ada sleeps; I am here.")
    assert [item["text"] for item in await visitor.heard(1)] == ["Ada sleeps; I am here."]


@pytest.mark.slow
async def test_a_workspaces_spent_day_holds_for_the_bots_that_have_no_limits(product: Product) -> None:
    operator = await product.operator()
    visitor = await product.visitor(bursts={"policy": "queue"})
    await operator.client.patch(
        "/v1/workspace",
        json={"limits": {"tokens_per_day": 10}},
        headers={"Authorization": f"Bearer {operator.key}"},
    )
    await visitor.say("hello")
    await product.until_states("rejected")
    assert await product.states() == [("rejected", "budget:workspace:tokens_per_day")]
    assert await product.simulated.asked() == []


@pytest.mark.slow
async def test_of_many_who_write_at_once_no_more_are_answered_than_the_day_has_tokens_for(product: Product) -> None:
    await product.simulated.answer("ok", delay_seconds=0.2)
    limits: JsonValue = {"tokens_per_day": 100, "exhausted_text": SPENT}
    model: JsonValue = {"name": "gpt-4.1-mini", "max_output_tokens": 30}
    channel = await product.channel(bursts={"policy": "queue"}, limits=limits, model=model)
    visitors = [Visitor(product.client, channel.id) for _ in range(8)]
    for visitor in visitors:
        await visitor.enter()
    await asyncio.gather(*(visitor.say("hello there") for visitor in visitors))
    heard = [(await visitor.heard(1))[0]["text"] for visitor in visitors]
    async with product.database.begin() as connection:
        found = await connection.execute(select(Usage.input_tokens + Usage.output_tokens))
        used = sum(found.scalars().all())
    assert set(heard) == {"ok", SPENT}
    assert used <= 100


@pytest.mark.slow
async def test_a_turn_that_a_spent_budget_ended_is_counted(
    pointed: Settings, database: Database, simulated: Simulated
) -> None:
    port = free_port()
    metered = pointed.model_copy(update={"metrics_port": port})
    async with running_product(metered, database, simulated) as product:
        visitor = await product.visitor(limits={"tokens_per_day": 10})
        await visitor.say("hello")
        await product.until_states("rejected")
        counted = (await product.client.get(f"http://127.0.0.1:{port}/metrics")).text
    lines = [line for line in counted.splitlines() if line.startswith("chat_budget_exhausted{")]
    assert len(lines) == 1
    assert 'limit="tokens_per_day"' in lines[0]
    assert 'owner="bot"' in lines[0]
    assert 'policy="message"' in lines[0]
    assert lines[0].endswith(" 1")
