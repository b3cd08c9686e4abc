"""The answer cache: the same question is answered again without asking, and never by what it should not be."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import func, select, update

from adapters.database import cached_answers, records
from adapters.database.engine import Database
from adapters.database.spending import CachedAnswer
from domain.turns import Completed
from settings import Settings
from tests.activities.bench import Bench, set_up
from tests.product import Product, make_channel
from tests.simulated import Simulated

CACHE: JsonValue = {"enabled": True}
QUESTION = "When are you open?"


async def entries(bench: Bench) -> int:
    """How many answers the bot may give again."""
    kept = select(func.count()).where(CachedAnswer.bot_id == bench.chat.channel.bot_id)
    return int(str((await bench.chat.rows(kept))[0][0]))


async def test_a_question_that_was_answered_is_not_asked_again_and_costs_nothing(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, shared, QUESTION, cache=CACHE) as first:
        second = await first.beside("8", QUESTION)
        assert [(await bench.complete()).model for bench in (first, second)] == ["gpt-4.1-mini"] * 2
        assert await first.stored() == await second.stored()
        ((_, read, wrote),) = await first.usage()
        row = records.Usage
        bill = select(row.cache, row.cost, row.input_tokens + row.output_tokens, row.saved_tokens, row.saved_cost)
        ((cache, cost, tokens, *_),) = await first.chat.rows(bill.where(row.conversation_id == first.chat.id))
        assert (cache, tokens) == ("miss", int(str(read)) + int(str(wrote)))
        assert await second.chat.rows(bill.where(row.conversation_id == second.chat.id)) == [
            ("hit", 0.0, 0, tokens, cost)
        ]
    assert len(await simulated.asked()) == 1


async def test_a_bot_that_did_not_ask_for_it_keeps_nothing(simulating: Settings, shared: Database) -> None:
    async with set_up(simulating, shared, QUESTION) as bench:
        await bench.complete()
        assert await entries(bench) == 0


async def test_another_bot_of_the_workspace_asks_for_itself(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    for _ in range(2):
        async with set_up(simulating, shared, QUESTION, cache=CACHE) as bench:
            await bench.complete()
    assert len(await simulated.asked()) == 2


async def test_another_past_is_another_question(simulating: Settings, shared: Database, simulated: Simulated) -> None:
    async with set_up(simulating, shared, QUESTION, cache=CACHE) as first:
        await first.complete()
        await (await first.beside("8", "hi", QUESTION)).complete()
    assert len(await simulated.asked()) == 2


@pytest.mark.parametrize(
    ("answer", "bot"),
    [
        ({"text": "We are open from", "finish_reason": "length"}, {}),
        ({"text": "We are", "finish_reason": "content_filter"}, {}),
        ({"text": "a secret thing"}, {"moderation": {"rules": {"words": ["secret"]}}}),
        ({"text": "Pay to 4111 1111 1111 1111"}, {}),
        ({"characters": 50_000}, {}),
    ],
)
async def test_what_was_cut_refused_or_redacted_is_not_kept(
    simulating: Settings,
    shared: Database,
    simulated: Simulated,
    answer: dict[str, object],
    bot: dict[str, JsonValue],
) -> None:
    await simulated.post("/openai/answers", default=answer)
    async with set_up(simulating, shared, QUESTION, cache=CACHE, **bot) as bench:
        await bench.complete()
        assert await entries(bench) == 0


async def test_an_answer_to_what_may_yet_be_refused_is_not_kept(simulating: Settings, shared: Database) -> None:
    async with set_up(simulating, shared, QUESTION, cache=CACHE) as bench:
        await replace(bench, ref=bench.ref.model_copy(update={"verdict_due": True})).complete()
        assert await entries(bench) == 0


async def test_a_fallbacks_answer_does_not_stand_in_for_the_first_models(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.fault("status", status=500, method="chat/completions", count=1)
    async with set_up(simulating, shared, QUESTION, cache=CACHE, fallback_models=[{"name": "gpt-4.1"}]) as bench:
        assert (await bench.complete()).model == "gpt-4.1"
        assert (await (await bench.beside("8", QUESTION)).complete()).model == "gpt-4.1-mini"


async def test_an_answer_past_its_time_is_bought_anew_and_kept_anew(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, shared, QUESTION, cache={"enabled": True, "hours": 1}) as bench:
        await bench.complete()
        row = CachedAnswer
        of_bot = row.bot_id == bench.chat.channel.bot_id
        for field in (row.expires_at, row.stored_at):
            async with shared.begin() as connection:
                await connection.execute(update(row).where(of_bot).values({field: field - timedelta(hours=1)}))
            await (await bench.beside(field.key, QUESTION)).complete()
        assert len(await simulated.asked()) == 3
        assert await entries(bench) == 1
        async with shared.begin() as connection:
            await cached_answers.remove_expired(connection, bench.chat.now + timedelta(hours=2), 1000)
        assert await entries(bench) == 0


async def test_an_answer_that_is_given_again_is_judged_by_the_rules_of_today(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    await simulated.answer("It is a secret.")
    async with set_up(simulating, shared, QUESTION, cache=CACHE) as bench:
        await bench.complete()
        await bench.chat.settings(cache=CACHE, moderation={"rules": {"words": ["secret"]}})
        found = await (await bench.beside("8", QUESTION)).complete()
        assert (found.refused, found.reason) == (True, "moderation:words")
    assert len(await simulated.asked()) == 1


async def test_what_is_kept_is_said_though_the_day_is_spent(simulating: Settings, shared: Database) -> None:
    async with set_up(simulating, shared, QUESTION, cache=CACHE) as bench:
        await bench.complete()
        await bench.chat.settings(cache=CACHE, limits={"tokens_per_day": 1})
        assert not (await (await bench.beside("8", QUESTION)).complete()).exhausted
        spent = await (await bench.beside("9", "And tomorrow?")).complete()
        assert spent == Completed(refused=True, exhausted=True, reason="budget:tokens_per_day")


@pytest.mark.slow
async def test_its_owner_sees_what_it_saved_and_empties_it(product: Product) -> None:
    bot: dict[str, JsonValue] = {"bursts": {"policy": "queue"}, "cache": CACHE}
    channel = await make_channel(product.settings, product.database, **bot)
    operator = await product.operator()
    for _ in range(3):
        visitor = await product.visit(str(channel.id))
        await visitor.say(QUESTION)
        assert [item["text"] for item in await visitor.heard(1)] == [f"You said: {QUESTION}"]
    await product.until_states("answered", "answered", "answered")
    assert len(await product.simulated.asked()) == 1
    path = f"/bots/{channel.bot_id}/cache"
    shown = await operator.get(path)
    assert (shown["enabled"], shown["entries"], shown["hits"], shown["misses"]) == (True, 1, 2, 1)
    usage = (await product.simulated.asked())[0]["usage"]
    assert isinstance(usage, dict)
    tokens = usage["prompt_tokens"] + usage["completion_tokens"]
    cost = (usage["prompt_tokens"] * 0.4 + usage["completion_tokens"] * 1.6) / 1_000_000
    assert shown["saved"] == {"tokens": 2 * tokens, "cost": pytest.approx(2 * cost)}
    key = {"Authorization": f"Bearer {operator.key}"}
    for wanted, removed in (
        ({"model": "gpt-4.1"}, 0),
        ({"pattern": "open"}, 0),
        ({"pattern": "*OPEN*", "model": "other"}, 0),
        ({"pattern": "when are you*", "model": "gpt-4.1-mini"}, 1),
        ({}, 0),
    ):
        answer = await product.client.delete(f"/v1{path}", params=wanted, headers=key)
        assert answer.json() == {"removed": removed}, wanted
    assert (await operator.get(path))["entries"] == 0
