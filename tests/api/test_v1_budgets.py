"""A bot's budget over HTTP: shown with what is left, and refused where it could not be counted."""

from datetime import date
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert

from adapters.database.engine import Database
from adapters.database.spending import Budget
from settings import Settings
from tests.api.scene import set_scene
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
            "owner": "bot",
            "owner_id": UUID(str(made["id"])),
            "day": date.fromisoformat(str(shown["day"])),
            "tokens": 130,
            "cost": 0.5,
        }
        await connection.execute(insert(Budget).values(row))
    shown = (await api.get(f"/v1/bots/{made['id']}/budget")).json()
    assert (shown["tokens"]["spent"], shown["tokens"]["remaining"], shown["cost"]["spent"]) == (130, 0, 0.5)


async def test_the_budget_of_a_bot_that_is_not_there_is_404(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/v1/bots/{uuid4()}/budget")).status_code == 404


async def test_what_a_call_is_paid_from_is_shown_together(
    api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    limits = {"tokens_per_day": 100, "per_contact": {"tokens_per_day": 50}, "per_conversation": {"cost_per_day": 1}}
    scene = await set_scene(api, database, settings, limits=limits)
    turn = await scene.open_turn(await scene.hear("hi"))
    await scene.pay(turn, 10, 5, 0.25)
    await api.patch("/v1/workspace", json={"limits": {"tokens_per_day": 1000}})
    shown = (await api.get("/v1/budgets", params={"conversation_id": str(scene.conversation())})).json()["items"]
    assert [(item["owner"], item["tokens"]["limit"], item["cost"]["limit"]) for item in shown] == [
        ("conversation", None, 1), ("contact", 50, None), ("bot", 100, None), ("workspace", 1000, None)
    ]  # fmt: skip
    assert {(item["tokens"]["spent"], item["cost"]["spent"]) for item in shown} == {(15, 0.25)}
    of_bot = (await api.get("/v1/budgets", params={"bot_id": str(scene.bot_id)})).json()["items"]
    assert of_bot == shown[2:]
    assert (await api.get("/v1/budgets")).json() == {"items": shown[3:], "next_cursor": None}


async def test_budgets_of_what_is_not_there_are_404(
    api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    scene, other = await set_scene(api, database, settings), await make(api)
    for wanted in (
        {"bot_id": str(uuid4())},
        {"conversation_id": str(uuid4())},
        {"conversation_id": str(scene.conversation()), "bot_id": str(other["id"])},
    ):
        assert (await api.get("/v1/budgets", params=wanted)).status_code == 404


async def test_a_workspaces_limits_are_set_and_taken_away(api: httpx.AsyncClient) -> None:
    before = (await api.get("/v1/workspace")).json()
    assert before["limits"] == {"tokens_per_day": None, "cost_per_day": None}
    changed = await api.patch("/v1/workspace", json={"limits": {"tokens_per_day": 5, "cost_per_day": 1}})
    assert changed.json()["limits"] == {"tokens_per_day": 5, "cost_per_day": 1}
    changed = await api.patch("/v1/workspace", json={"limits": {"tokens_per_day": None}})
    assert (await api.get("/v1/workspace")).json() == changed.json()
    assert changed.json()["limits"] == {"tokens_per_day": None, "cost_per_day": 1}
    for wrong in ({"limits": {"tokens_per_day": 0}}, {"limits": 7}, {"name": "other"}):
        assert (await api.patch("/v1/workspace", json=wrong)).status_code == 422


async def test_a_workspaces_budget_of_cost_needs_the_price_of_every_bots_models(api: httpx.AsyncClient) -> None:
    nameless = await make(api, model={"name": "llama3"})
    refused = await api.patch("/v1/workspace", json={"limits": {"cost_per_day": 1}})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_price")
    await api.patch(f"/v1/bots/{nameless['id']}", json={"model": OWN})
    assert (await api.patch("/v1/workspace", json={"limits": {"cost_per_day": 1}})).is_success
    answer = await api.post("/v1/bots", json={"name": "Ada", "model": {"name": "llama3"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_price")


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
