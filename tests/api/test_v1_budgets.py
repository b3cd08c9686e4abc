"""A bot's budget over HTTP: shown with what is left, and refused where it could not be counted."""

from datetime import date
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert

from adapters.database.engine import Database
from adapters.database.records import Budget
from tests.api.test_v1_bots import make

OWN = {"name": "llama3", "price": {"input": 1, "output": 2}}


async def test_what_is_left_of_the_day_is_shown(api: httpx.AsyncClient, database: Database) -> None:
    made = await make(api, limits={"tokens_per_day": 100})
    shown = (await api.get(f"/v1/bots/{made['id']}/budget")).json()
    assert shown["tokens"] == {"limit": 100, "spent": 0, "reserved": 0, "remaining": 100}
    assert shown["cost"] == {"limit": None, "spent": 0, "reserved": 0, "remaining": None}
    assert str(shown["resets_at"]).endswith("T00:00:00Z")
    async with database.begin() as connection:
        row = {
            "bot_id": UUID(str(made["id"])),
            "day": date.fromisoformat(str(shown["day"])),
            "tokens": 130,
            "cost": 0.5,
        }
        await connection.execute(insert(Budget).values(row))
    shown = (await api.get(f"/v1/bots/{made['id']}/budget")).json()
    assert (shown["tokens"]["spent"], shown["tokens"]["remaining"], shown["cost"]["spent"]) == (130, 0, 0.5)


async def test_the_budget_of_a_bot_that_is_not_there_is_404(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/v1/bots/{uuid4()}/budget")).status_code == 404


async def test_a_budget_of_cost_needs_the_price_of_every_model(api: httpx.AsyncClient) -> None:
    nameless = {"name": "llama3"}
    for models in ({"model": nameless}, {"fallback_models": [nameless]}):
        answer = await api.post("/v1/bots", json={"name": "Ada", "limits": {"cost_per_day": 1}, **models})
        assert (answer.status_code, answer.json()["code"]) == (422, "no_price")
        assert "llama3" in answer.json()["detail"]
    assert (await make(api, limits={"cost_per_day": 1}, model=OWN))["id"]
    assert (await make(api, limits={"tokens_per_day": 1}, model=nameless))["id"]


async def test_a_price_is_changed_and_taken_away(api: httpx.AsyncClient) -> None:
    made = await make(api, limits={"cost_per_day": 1}, model=OWN)
    path = f"/v1/bots/{made['id']}"
    changed = (await api.patch(path, json={"model": {"price": {"input": 3}}})).json()
    assert changed["model"]["price"] == {"input": 3, "output": 2, "cached_input": None}
    assert (await api.patch(path, json={"model": {"price": None}})).status_code == 422
    assert (await api.patch(path, json={"model": {"price": None}, "limits": {"cost_per_day": None}})).is_success


@pytest.mark.parametrize("price", [{"input": -1, "output": 1}, {"input": 1}, {"input": "much", "output": 1}, 7])
async def test_what_is_no_price_is_refused(api: httpx.AsyncClient, price: object) -> None:
    answer = await api.post("/v1/bots", json={"name": "Ada", "model": {"price": price}})
    assert answer.status_code == 422
