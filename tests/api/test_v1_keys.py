"""API keys over HTTP."""

import httpx
from sqlalchemy import select, text

from adapters.database.engine import Database
from adapters.database.tables import ApiKey


async def test_a_made_key_opens_the_workspace_in_its_role(api: httpx.AsyncClient) -> None:
    made = await api.post("/v1/keys", json={"role": "viewer", "name": "dashboard"})
    assert (made.status_code, made.json()["role"], made.json()["name"]) == (201, "viewer", "dashboard")
    headers = {"Authorization": f"Bearer {made.json()['secret']}"}
    assert (await api.get("/v1/bots", headers=headers)).status_code == 200
    assert (await api.post("/v1/bots", json={"name": "Ada"}, headers=headers)).status_code == 403


async def test_a_secret_is_shown_once(api: httpx.AsyncClient, database: Database) -> None:
    once = {"Idempotency-Key": "make a key"}
    made = (await api.post("/v1/keys", json={"role": "viewer"}, headers=once)).json()
    listed = await api.get("/v1/keys")
    shown = {name: value for name, value in made.items() if name != "secret"}
    assert shown in listed.json()["items"]
    assert made["secret"] not in listed.text
    async with database.begin() as connection:
        stored = (await connection.execute(select(ApiKey.secret_digest, ApiKey.last4))).all()
        kept = (await connection.execute(text("SELECT encode(body, 'escape') FROM idempotency_keys"))).all()
    assert made["secret"] not in f"{stored} {kept}"


async def test_a_revoked_key_opens_nothing(api: httpx.AsyncClient) -> None:
    made = (await api.post("/v1/keys", json={"role": "admin"})).json()
    headers = {"Authorization": f"Bearer {made['secret']}"}
    assert (await api.get("/v1/keys", headers=headers)).status_code == 200
    statuses = [(await api.delete(f"/v1/keys/{made['id']}")).status_code for _ in range(2)]
    assert (statuses, (await api.get("/v1/keys", headers=headers)).status_code) == ([204, 404], 401)
    assert made["id"] not in (await api.get("/v1/keys")).text


async def test_a_role_is_one_of_three(api: httpx.AsyncClient) -> None:
    refused = await api.post("/v1/keys", json={"role": "owner"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "role")
