"""The tools of a bot over the API: what cannot be called is refused by name, and secrets stay where they were given."""

import httpx
import pytest
from pydantic import JsonValue
from sqlalchemy import text

from adapters.database.engine import Database

SECRET = "Bearer canary-of-a-secret-6789"
TOOL: dict[str, JsonValue] = {
    "kind": "http",
    "name": "order",
    "description": "Orders an item.",
    "method": "POST",
    "parameters": {"type": "object", "properties": {"item": {"type": "string"}}},
    "url": "https://shop.example.com/orders",
    "hosts": ["shop.example.com"],
    "secret_headers": {"Authorization": "shop"},
    "private": False,
}
ELSEWHERE = {**TOOL, "url": "https://evil.example.net/orders", "hosts": ["evil.example.net"]}


async def make(api: httpx.AsyncClient, **changes: JsonValue) -> httpx.Response:
    """Make a bot with a tool."""
    return await api.post("/v1/bots", json={"name": "Ada", "tools": [{**TOOL, **changes}], "secrets": {"shop": SECRET}})


async def test_a_tool_is_kept_and_its_secret_never_shown(api: httpx.AsyncClient, database: Database) -> None:
    made = await make(api)
    assert made.status_code == 201, made.text
    bot = made.json()
    assert bot["secrets"] == {"shop": {"last4": "6789"}}
    assert (bot["tools"][0]["effects"], bot["tools"][0]["approval"]) == (True, False)
    assert (await api.get(f"/v1/bots/{bot['id']}")).json() == bot
    async with database.begin() as connection:
        rows = (await connection.execute(text("SELECT bots::text FROM bots"))).scalars().all()
    assert SECRET not in made.text + str(rows)
    assert SECRET.encode().hex() not in str(rows)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "http://shop.example.com/orders"}, "private_address"),
        ({"hosts": ["other.example.com"]}, "invalid"),
        ({"url": "https://{item}.example.com/", "hosts": ["x.example.com"]}, "invalid"),
        ({"url": "https://user@shop.example.com/"}, "invalid"),
        ({"url": "https://shop.example.com/{unknown}"}, "invalid"),
        ({"parameters": {"type": "array"}}, "invalid"),
        ({"parameters": {"type": "object", "properties": {"item": {"type": "nonsense"}}}}, "invalid"),
        ({"secret_headers": {"Authorization": "other"}}, "secret_unknown"),
        ({"headers": {"host": "other.example.com"}}, "invalid"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "invalid"),
        ({"timeout_seconds": 30}, "invalid"),
        ({"method": "GET", "body": {"a": 1}}, "invalid"),
        ({"name": "with blanks"}, "invalid"),
        ({"private": True}, "invalid"),
    ],
)
async def test_a_tool_that_cannot_be_called_is_refused(
    api: httpx.AsyncClient, changes: dict[str, JsonValue], code: str
) -> None:
    answer = await make(api, **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


async def test_private_data_and_effects_go_together_only_by_name(api: httpx.AsyncClient) -> None:
    reading = {**TOOL, "name": "read", "method": "GET", "private": True}
    both = {"name": "Ada", "tools": [TOOL, reading], "secrets": {"shop": SECRET}}
    answer = await api.post("/v1/bots", json=both)
    assert answer.status_code == 422
    assert "allow_private_data_with_effects" in answer.text
    other = {**both, "allow_private_data_with_effects": ["other"]}
    assert (await api.post("/v1/bots", json=other)).status_code == 422
    named = {**both, "allow_private_data_with_effects": ["order"]}
    assert (await api.post("/v1/bots", json=named)).status_code == 201


async def test_a_secret_is_not_told_to_another_host_unless_it_is_given_anew(api: httpx.AsyncClient) -> None:
    path = f"/v1/bots/{(await make(api)).json()['id']}"
    moved = await api.patch(path, json={"tools": [ELSEWHERE]})
    assert (moved.status_code, moved.json()["code"]) == (422, "secret_moved")
    assert (await api.patch(path, json={"tools": []})).status_code == 200
    assert (await api.patch(path, json={"tools": [ELSEWHERE]})).json()["code"] == "secret_moved"
    anew = {"tools": [ELSEWHERE], "secrets": {"shop": "Bearer another-4321"}}
    changed = await api.patch(path, json=anew)
    assert changed.json()["secrets"] == {"shop": {"last4": "4321"}}


async def test_a_secret_that_a_tool_needs_is_not_removed(api: httpx.AsyncClient) -> None:
    path = f"/v1/bots/{(await make(api)).json()['id']}"
    assert (await api.patch(path, json={"secrets": {"shop": None}})).json()["code"] == "secret_unknown"
    removed = await api.patch(path, json={"tools": [], "secrets": {"shop": None}})
    assert removed.json()["secrets"] == {}
    assert (await api.patch(path, json={"name": "Eve"})).status_code == 200
