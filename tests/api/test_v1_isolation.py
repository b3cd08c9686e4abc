"""A workspace's objects do not exist for another: every route of the OpenAPI document, as a stranger calls it."""

from uuid import UUID

import httpx
import pytest

from adapters.database.engine import Database
from settings import Settings
from tests.api.scene import Scene, set_scene
from tests.api.v1_routes import Operation, operations


@pytest.fixture
async def ids(api: httpx.AsyncClient, database: Database, settings: Settings) -> dict[str, UUID | str]:
    """One object of each kind, in the workspace of `api`."""
    scene: Scene = await set_scene(api, database, settings)
    heard = await scene.hear("hi")
    turn = await scene.open_turn(heard)
    reply, (delivery,) = await scene.reply(turn, "answer", "uncertain")
    contact = (await api.get(f"/v1/conversations/{scene.conversation()}")).json()["contact"]["id"]
    fact = (await api.post(f"/v1/contacts/{contact}/facts", json={"text": "Likes tea."})).json()["id"]
    return {
        "contact_id": contact,
        "fact_id": fact,
        "bot_id": scene.bot_id,
        "channel_id": scene.channel_id,
        "conversation_id": scene.conversation(),
        "delivery_id": delivery,
        "message_id": reply,
        "event_id": heard,
        "approval_id": await scene.ask_approval(turn),
        "document_id": (await api.post(f"/v1/bots/{scene.bot_id}/documents", json={"title": "a", "text": "b"})).json()[
            "id"
        ],
        "model_id": (await api.post("/v1/models", json={"name": "own", "provider": "demo"})).json()["id"],
        "prompt_name": (await api.post("/v1/prompts", json={"name": "own-prompt", "text": "Be."})).json()["name"],
        "media_id": (await api.post("/v1/media", json={"a": "file"})).json()["id"],
        "key_id": (await api.get("/v1/keys")).json()["items"][0]["id"],
    }


async def everything(api: httpx.AsyncClient, ids: dict[str, UUID | str], routes: list[Operation]) -> dict[str, object]:
    """All that can be read without asking a platform."""
    found = {}
    for route in routes:
        if (
            route.method == "get"
            and not route.path.endswith(("/webhook", "/health", "/chat", "/contacts/{contact_id}"))
            and route.path not in ("/v1/stats", "/v1/stats/understanding", "/v1/keys")
        ):
            found[route.path] = (await route.call(api, ids)).json()
    return found


@pytest.mark.slow
async def test_a_stranger_finds_nothing_and_changes_nothing(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, ids: dict[str, UUID | str]
) -> None:
    routes = await operations(api)
    before = await everything(api, ids, routes)
    for route in routes:
        answer = await route.call(stranger, ids)
        told = f"{route.method} {route.path}: {answer.status_code} {answer.text}"
        if "{" in route.path:
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), told
        else:
            assert answer.is_success, told
            assert not any(str(found) in answer.text for found in ids.values()), told
    assert await everything(api, ids, routes) == before


@pytest.mark.slow
async def test_filters_by_foreign_ids_find_nothing(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, ids: dict[str, UUID | str]
) -> None:
    for path, names in {
        "/v1/conversations": ("bot_id", "channel_id"),
        "/v1/deliveries": ("channel_id",),
        "/v1/events": ("channel_id", "conversation_id"),
        "/v1/channels": ("bot_id",),
    }.items():
        for name in names:
            wanted = {name: str(ids[name])}
            assert (await api.get(path, params=wanted)).json()["items"] != []
            assert (await stranger.get(path, params=wanted)).json()["items"] == []
    own = await api.get("/v1/stats", params={"bot_id": str(ids["bot_id"])})
    foreign = await stranger.get("/v1/stats", params={"bot_id": str(ids["bot_id"])})
    assert (own.json()["totals"]["messages"]["inbound"], foreign.status_code) == (1, 404)


@pytest.mark.slow
async def test_a_search_does_not_look_into_other_workspaces(
    stranger: httpx.AsyncClient, ids: dict[str, UUID | str]
) -> None:
    assert ids
    assert (await stranger.get("/v1/conversations", params={"q": "hi"})).json()["items"] == []


async def test_a_bot_does_not_speak_on_a_foreign_channel(
    stranger: httpx.AsyncClient, ids: dict[str, UUID | str]
) -> None:
    bot = (await stranger.post("/v1/bots", json={"name": "Eve"})).json()
    first = {"channel_id": str(ids["channel_id"]), "recipient": "1", "text": "hi"}
    assert (await stranger.post(f"/v1/bots/{bot['id']}/conversations", json=first)).status_code == 404
