"""Contacts: described by their owner, and what is known of them is seen and erased."""

import httpx
import pytest
from pydantic import JsonValue
from sqlalchemy import text

from adapters.database.engine import Database
from domain.recollection import MAX_FACTS
from settings import Settings
from tests.api.scene import set_scene


@pytest.fixture
async def path(api: httpx.AsyncClient, database: Database, settings: Settings) -> str:
    """A contact."""
    scene = await set_scene(api, database, settings)
    await scene.hear("hi")
    found = (await api.get(f"/v1/conversations/{scene.conversation()}")).json()
    assert (await api.patch(f"/v1/conversations/{found['id']}", json={"metadata": {"a": 1}})).json()["metadata"] == {
        "a": 1
    }
    return f"/v1/contacts/{found['contact']['id']}"


async def known(api: httpx.AsyncClient, path: str) -> list[tuple[str, str]]:
    """What is known."""
    return [(item["text"], item["source"]) for item in (await api.get(f"{path}/facts")).json()["items"]]


async def test_metadata_are_merged(api: httpx.AsyncClient, path: str) -> None:
    await api.patch(path, json={"metadata": {"plan": "gold", "age": 7}})
    changed = (await api.patch(path, json={"metadata": {"age": None, "city": "Bonn"}})).json()
    assert changed["metadata"] == {"plan": "gold", "city": "Bonn"}
    read = (await api.get(path)).json()
    assert {name: read[name] for name in changed} == changed


async def test_metadata_are_the_owners_alone_and_may_hold_anything(api: httpx.AsyncClient, path: str) -> None:
    await api.patch(path, json={"metadata": {"picture": {"version": "1", "media_id": "none"}}})
    assert (await api.get(path)).status_code == 200


async def test_facts_are_told_once_seen_and_erased_for_good(
    api: httpx.AsyncClient, database: Database, path: str
) -> None:
    first = (await api.post(f"{path}/facts", json={"text": "Likes\n tea."})).json()
    again = (await api.post(f"{path}/facts", json={"text": "Likes tea."})).json()
    assert first == again
    await api.post(f"{path}/facts", json={"text": "Is called Eve."})
    assert await known(api, path) == [("Likes tea.", "api"), ("Is called Eve.", "api")]
    assert (await api.delete(f"{path}/facts/{first['id']}")).status_code == 204
    assert (await api.delete(f"{path}/facts/{first['id']}")).status_code == 404
    assert await known(api, path) == [("Is called Eve.", "api")]
    assert (await api.delete(f"{path}/facts")).status_code == 204
    async with database.begin() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM contact_facts")) == 0


async def test_so_many_facts_are_kept_and_no_more(api: httpx.AsyncClient, path: str) -> None:
    for number in range(MAX_FACTS):
        assert (await api.post(f"{path}/facts", json={"text": f"fact {number}"})).status_code == 201
    answer = await api.post(f"{path}/facts", json={"text": "one more"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_facts")


@pytest.mark.parametrize("wrong", [{"text": ""}, {"text": " \n"}, {"text": "x" * 201}, {"text": 1}, {}])
async def test_what_says_nothing_is_no_fact(api: httpx.AsyncClient, path: str, wrong: dict[str, JsonValue]) -> None:
    assert (await api.post(f"{path}/facts", json=wrong)).status_code == 422
