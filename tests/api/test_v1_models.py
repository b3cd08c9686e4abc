"""The models of a workspace: made, changed, never showing a key, and not deleted while a bot names them."""

import httpx
import pytest
from pydantic import JsonValue
from sqlalchemy import text

from adapters.database.engine import Database
from settings import Settings
from tests.product import make_key, running_api
from tests.simulated import Simulated

KEY = "sk-canary-of-the-tests-0123456789"
MODEL: dict[str, JsonValue] = {
    "name": "main", "model": "gpt-4.1", "keys": {"first": KEY, "second": "short"}, "price": {"input": 1, "output": 2},
}  # fmt: skip


async def make(api: httpx.AsyncClient, **changes: JsonValue) -> dict[str, JsonValue]:
    """A model that is made."""
    answer = await api.post("/v1/models", json={**MODEL, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and code of an answer; it repeats no key."""
    assert KEY not in answer.text
    return answer.status_code, answer.json()["code"]


@pytest.mark.slow
async def test_a_model_shows_all_but_its_keys(api: httpx.AsyncClient) -> None:
    made = await make(api)
    assert made["keys"] == {"first": {"last4": "6789"}, "second": {"last4": None}}
    kept = (made["name"], made["provider"], made["endpoint"], made["api"], made["default"])
    assert kept == ("main", "openai", None, "chat_completions", False)
    assert (await api.get(f"/v1/models/{made['id']}")).json() == made
    assert (await api.get("/v1/models")).json()["items"] == [made]
    assert KEY not in str(made)


async def test_no_key_is_kept_in_the_clear(api: httpx.AsyncClient, database: Database) -> None:
    await make(api)
    async with database.begin() as connection:
        rows = (await connection.execute(text("SELECT models::text FROM models"))).scalars().all()
        answers = (await connection.execute(text("SELECT body FROM idempotency_keys"))).scalars().all()
    assert rows
    assert KEY not in str(rows) + str(answers)
    assert KEY.encode().hex() not in str(rows)


async def test_single_keys_are_replaced_added_and_removed(api: httpx.AsyncClient) -> None:
    made = await make(api)
    patch = {"keys": {"first": None, "third": "sk-another-of-the-tests-4321"}, "model": "gpt-5", "price": None}
    changed = (await api.patch(f"/v1/models/{made['id']}", json=patch)).json()
    assert changed["keys"] == {"second": {"last4": None}, "third": {"last4": "4321"}}
    assert (changed["model"], changed["price"]) == ("gpt-5", None)
    assert changed["updated_at"] > str(made["updated_at"])


async def test_a_key_does_not_go_to_another_address_than_its_own(api: httpx.AsyncClient) -> None:
    made = await make(api)
    path, moved = f"/v1/models/{made['id']}", {"endpoint": "https://elsewhere.example/v1"}
    assert await refusal(await api.patch(path, json=moved)) == (422, "keys_needed")
    assert await refusal(await api.patch(path, json={**moved, "keys": {"first": KEY}})) == (422, "keys_needed")
    answer = await api.patch(path, json={**moved, "keys": {"first": KEY, "second": None}})
    assert (answer.status_code, answer.json()["endpoint"]) == (200, "https://elsewhere.example/v1")


async def test_a_name_is_there_once_and_is_free_again_after_deletion(api: httpx.AsyncClient) -> None:
    made = await make(api)
    assert await refusal(await api.post("/v1/models", json=MODEL)) == (409, "name_taken")
    assert (await api.delete(f"/v1/models/{made['id']}")).status_code == 204
    assert (await api.get(f"/v1/models/{made['id']}")).status_code == 404
    await make(api)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "openai"}, {"name": "Rules"}, {"name": ""}, {"name": "a b"}, {"name": "é"}, {"name": "a" * 101},
        {"provider": "other"}, {"provider": "azure"}, {"endpoint": "ftp://x.example"}, {"endpoint": "https://"},
        {"endpoint": "https://user:pass@x.example"}, {"endpoint": "https://x.example:99999"},
        {"endpoint": "https://x.example/a b"}, {"endpoint": "http://x.example/v1"}, {"api": "other"}, {"model": ""},
        {"endpoint": "https://127.0.0.1/v1"}, {"endpoint": "https://[::1]/v1"}, {"endpoint": "https://10.0.0.1"},
        {"endpoint": "https://localhost"}, {"endpoint": "https://169.254.169.254/latest"},
        {"keys": {"first": ""}}, {"keys": {"first": f"{KEY} "}}, {"keys": {"": KEY}}, {"keys": {"first": f"{KEY}\n"}},
        {"keys": {str(number): KEY for number in range(21)}}, {"limits": {"requests_per_minute": 0}}, {"more": 1},
        {"price": {"input": -1, "output": 0}},
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused(api: httpx.AsyncClient, wrong: dict[str, JsonValue]) -> None:
    status, _ = await refusal(await api.post("/v1/models", json={**MODEL, **wrong}))
    assert status == 422


async def test_bots_get_the_default_where_they_name_no_model(api: httpx.AsyncClient) -> None:
    first = await make(api, default=True)
    second = await make(api, name="other", default=True)
    assert (await api.get(f"/v1/models/{first['id']}")).json()["default"] is False
    assert second["default"] is True
    bot = (await api.post("/v1/bots", json={"name": "Ada"})).json()
    assert (bot["model"]["provider"], bot["model"]["name"]) == ("other", "other")
    given = (await api.post("/v1/bots", json={"name": "Eve", "model": {"temperature": 0}})).json()
    assert given["model"]["provider"] == "openai"


@pytest.mark.parametrize(
    "bot",
    [
        {"model": {"provider": "main"}},
        {"fallback_models": [{"provider": "demo"}, {"provider": "main"}]},
        {"moderation": {"provider": "main"}},
        {"understanding": {"model": {"provider": "main"}}},
    ],
)
async def test_a_model_is_there_as_long_as_a_bot_names_it(api: httpx.AsyncClient, bot: dict[str, JsonValue]) -> None:
    assert await refusal(await api.post("/v1/bots", json={"name": "Ada", **bot})) == (422, "model_unknown")
    made = await make(api)
    ada = (await api.post("/v1/bots", json={"name": "Ada", **bot})).json()
    assert await refusal(await api.delete(f"/v1/models/{made['id']}")) == (409, "in_use")
    other = {"model": {"provider": "nobody"}}
    assert await refusal(await api.patch(f"/v1/bots/{ada['id']}", json=other)) == (422, "model_unknown")
    assert (await api.delete(f"/v1/bots/{ada['id']}")).status_code == 204
    assert (await api.delete(f"/v1/models/{made['id']}")).status_code == 204


async def test_a_budget_of_cost_counts_by_the_price_of_the_workspace(api: httpx.AsyncClient) -> None:
    await make(api, name="dear")
    await make(api, name="unknown", model="llama3", price=None)
    for name, status in (("dear", 201), ("unknown", 422)):
        bot = {"name": "Ada", "model": {"provider": name}, "limits": {"cost_per_day": 1}}
        assert (await api.post("/v1/bots", json=bot)).status_code == status


async def test_another_workspace_has_other_models(api: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    await make(api)
    bot = {"name": "Eve", "model": {"provider": "main"}}
    assert await refusal(await stranger.post("/v1/bots", json=bot)) == (422, "model_unknown")
    await make(stranger)


async def test_health_asks_the_endpoint_with_each_key(
    pointed: Settings, database: Database, simulated: Simulated
) -> None:
    await simulated.post("/openai/answers", refused_keys=[KEY])
    key = await make_key(pointed, database)
    async with running_api(pointed) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        made = await make(client, endpoint=simulated.openai_base_url)
        health = (await client.get(f"/v1/models/{made['id']}/health")).json()
        assert (health["ok"], health["problem"], health["keys"]["second"]) == (
            True,
            None,
            {"ok": True, "problem": None},
        )
        assert (
            health["keys"]["first"]["problem"]
            == "the model's endpoint answered 401; check the keys of the model 'main'"
        )
        await client.patch(f"/v1/models/{made['id']}", json={"keys": {"second": None}})
        health = (await client.get(f"/v1/models/{made['id']}/health")).json()
        assert (health["ok"], "401" in health["problem"]) == (False, True)
