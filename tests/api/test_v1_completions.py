"""Completions for other systems: answered, paid once under a key, and held to budgets and circuits."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select

from adapters.database.engine import Database
from adapters.database.records import Usage
from adapters.database.spending import Reservation
from domain.circuits import FAILURES
from settings import Settings
from tests.product import make_key, running_api
from tests.simulated import Simulated

HELLO = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello there"}]}


@pytest.fixture
async def door(pointed: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """An operator's client of an API whose model is the simulator's."""
    headers = {"Authorization": f"Bearer {await make_key(pointed, database)}"}
    async with running_api(pointed) as url, httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        yield client


async def asked(simulated: Simulated) -> list[object]:
    """The messages of each request."""
    requests = [item["request"] for item in await simulated.asked()]
    return [request["messages"] for request in requests if isinstance(request, dict)]


async def used(database: Database) -> list[tuple[object, ...]]:
    """What is on the bill: bot, conversation, model."""
    query = select(Usage.bot_id, Usage.conversation_id, Usage.model)
    async with database.begin() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def test_messages_are_answered_and_paid_once_under_a_key(
    door: httpx.AsyncClient, database: Database, simulated: Simulated
) -> None:
    headers = {"Idempotency-Key": "once"}
    first, second = [await door.post("/v1/completions", json=HELLO, headers=headers) for _ in range(2)]
    assert first.status_code == 200, first.text
    told = first.json()
    assert (told["text"], told["model"], told["prompt"]) == ("You said: hello there", "gpt-4.1-mini", None)
    assert told["usage"]["cost"] > 0
    assert (second.content, second.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert await asked(simulated) == [HELLO["messages"]]
    assert await used(database) == [(None, None, "gpt-4.1-mini")]
    totals = (await door.get("/v1/stats")).json()["totals"]
    assert totals["tokens"]["input"] == told["usage"]["input_tokens"]
    assert totals["cost"] == pytest.approx(told["usage"]["cost"])


async def test_a_prompt_is_run_with_its_variables_as_data(door: httpx.AsyncClient, simulated: Simulated) -> None:
    await door.post("/v1/prompts", json={"name": "shop", "text": "You sell {{ variables.what }}."})
    body = {"variables": {"what": "{{ bot.name }}"}, "input": "Tea?"}
    answer = await door.post("/v1/prompts/shop/run", json=body)
    assert (answer.status_code, answer.json()["prompt"]) == (200, {"name": "shop", "version": 1}), answer.text
    await door.post("/v1/prompts/shop/versions", json={"text": "You are closed."})
    assert (await door.post("/v1/prompts/shop/run", json={})).json()["prompt"]["version"] == 2
    assert (await door.post("/v1/prompts/shop/run", json={**body, "version": 1})).json()["prompt"]["version"] == 1
    sells = [{"role": "system", "content": "You sell {{ bot.name }}."}, {"role": "user", "content": "Tea?"}]
    assert await asked(simulated) == [sells, [{"role": "user", "content": "You are closed."}], sells]
    missing = await door.post("/v1/prompts/shop/run", json={"version": 1})
    assert (missing.status_code, missing.json()["code"]) == (422, "template_failed")
    assert (await door.post("/v1/prompts/shop/run", json={"version": 3})).status_code == 404


async def test_a_bot_pays_within_its_budget(door: httpx.AsyncClient, database: Database, simulated: Simulated) -> None:
    limits = {"tokens_per_day": 1100}
    bot = (await door.post("/v1/bots", json={"name": "Ada", "limits": limits})).json()["id"]
    answer = await door.post("/v1/completions", json={**HELLO, "bot_id": bot})
    assert answer.status_code == 200, answer.text
    budget = (await door.get(f"/v1/bots/{bot}/budget")).json()
    tokens = sum(answer.json()["usage"][name] for name in ("input_tokens", "output_tokens"))
    assert str(tokens) in str(budget)
    assert (await door.get("/v1/stats", params={"bot_id": bot})).json()["totals"]["tokens"]["input"] > 0
    long = {"messages": [{"role": "user", "content": "x" * 4000}]}
    spent = await door.post("/v1/completions", json={**long, "bot_id": bot}, headers={"Idempotency-Key": "k"})
    assert (spent.status_code, spent.json()["code"]) == (503, "budget_exhausted")
    assert int(spent.headers["Retry-After"]) >= 1
    assert len(await asked(simulated)) == 1
    async with database.begin() as connection:
        assert (await connection.scalars(select(Reservation.lease))).all() == []


async def test_without_a_bot_the_workspace_pays_and_with_one_both(
    door: httpx.AsyncClient, database: Database, simulated: Simulated
) -> None:
    bot = (await door.post("/v1/bots", json={"name": "Ada"})).json()["id"]
    await door.patch("/v1/workspace", json={"limits": {"tokens_per_day": 2200}})
    answers = [await door.post("/v1/completions", json={**HELLO, **more}) for more in ({}, {"bot_id": bot})]
    assert [answer.status_code for answer in answers] == [200, 200]
    tokens = sum(answer.json()["usage"][name] for answer in answers for name in ("input_tokens", "output_tokens"))
    (budget,) = (await door.get("/v1/budgets")).json()["items"]
    assert (budget["owner"], budget["tokens"]["spent"], budget["tokens"]["reserved"]) == ("workspace", tokens, 0)
    await door.patch("/v1/workspace", json={"limits": {"tokens_per_day": 1000}})
    for more in ({}, {"bot_id": bot}):
        spent = await door.post("/v1/completions", json={**HELLO, **more})
        assert (spent.status_code, spent.json()["code"]) == (503, "budget_exhausted")
    assert len(await asked(simulated)) == 2
    async with database.begin() as connection:
        assert (await connection.scalars(select(Reservation.lease))).all() == []


async def test_a_model_that_is_away_is_left_alone_and_a_repeat_may_find_it_back(
    door: httpx.AsyncClient, database: Database, simulated: Simulated
) -> None:
    await simulated.fault("status", status=500, count=FAILURES)
    headers = {"Idempotency-Key": "again"}
    answers = [await door.post("/v1/completions", json=HELLO, headers=headers) for _ in range(FAILURES + 1)]
    assert {(item.status_code, item.json()["code"]) for item in answers} == {(503, "model_unavailable")}
    assert "left alone" in answers[-1].json()["detail"]
    assert len(await asked(simulated)) == FAILURES
    assert await used(database) == []


async def test_what_cannot_be_asked_is_refused(door: httpx.AsyncClient) -> None:
    for wrong in ({"messages": []}, {"messages": [{"role": "tool", "content": "x"}]}, {}):
        assert (await door.post("/v1/completions", json=wrong)).status_code == 422
    unknown = await door.post("/v1/completions", json={**HELLO, "model": {"provider": "nobody"}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "model_unknown")
    stranger = await door.post("/v1/completions", json={**HELLO, "bot_id": "00000000-0000-0000-0000-000000000000"})
    assert stranger.status_code == 404
