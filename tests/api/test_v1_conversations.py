"""Conversations over HTTP: listed, searched, read, begun."""

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from adapters.database import sessions
from adapters.database.engine import Database
from settings import Settings
from tests.api.scene import Scene, set_scene


@pytest.fixture
async def scene(api: httpx.AsyncClient, database: Database, settings: Settings) -> Scene:
    """A bot with a Telegram channel."""
    return await set_scene(api, database, settings)


async def found(api: httpx.AsyncClient, **wanted: object) -> list[str]:
    """The contacts' ids of the conversations that are listed."""
    answer = await api.get("/v1/conversations", params={name: str(value) for name, value in wanted.items()})
    assert answer.status_code == 200, answer.text
    return [item["contact"]["external_id"] for item in answer.json()["items"]]


async def test_a_conversation_is_shown_as_promised(api: httpx.AsyncClient, scene: Scene) -> None:
    await scene.hear("hello", sender={"external_id": "7527593", "name": "Test User", "language": "de"})
    shown = (await api.get(f"/v1/conversations/{scene.conversation()}")).json()
    contact = shown.pop("contact")
    assert {name: contact[name] for name in ("external_id", "name", "language")} == {
        "external_id": "7527593",
        "name": "Test User",
        "language": "de",
    }
    expected = {
        "id": str(scene.conversation()), "bot_id": scene.bot["id"], "channel_id": scene.channel["id"],
        "platform": "telegram", "thread": None, "status": "waiting", "voice": "bot",
        "workflow_id": f"conversation:{scene.conversation()}", "temporal_ui_url": None, "turns": 0,
        "closed_at": None, "metadata": {}, "undeliverable": None,
    }  # fmt: skip
    assert {name: shown[name] for name in expected} == expected
    assert shown["last_message_at"] == scene.clock.isoformat().replace("+00:00", "Z")
    assert (await api.get("/v1/conversations")).json()["items"] == [{**shown, "contact": contact}]


async def test_the_workflow_is_linked_where_temporal_ui_is_known(
    scene: Scene, settings: Settings, database: Database
) -> None:
    from adapters.database import conversations
    from api.v1.objects import conversation

    await scene.hear("hello")
    told = settings.model_copy(update={"temporal_ui_url": "http://ui.example", "temporal_namespace": "a b"})
    async with database.begin() as connection:
        row = await conversations.one(connection, scene.workspace_id, scene.conversation())
    assert row is not None
    workflow = quote(f"conversation:{scene.conversation()}", safe="")
    assert conversation(row, told).temporal_ui_url == f"http://ui.example/namespaces/a%20b/workflows/{workflow}"


async def test_the_status_follows_voice_turn_and_end(api: httpx.AsyncClient, scene: Scene) -> None:
    statuses = {}
    for number, verb in enumerate((None, None, "pause", "takeover", "close")):
        heard = await scene.hear("hi", chat=str(number))
        if number == 1:
            await scene.open_turn(heard, chat="1")
        if verb:
            await api.post(f"/v1/conversations/{scene.conversation(str(number))}/{verb}")
    for status in ("waiting", "active", "paused", "handed_over", "closed"):
        listed = (await api.get("/v1/conversations", params={"status": status})).json()["items"]
        statuses[status] = [(item["contact"]["external_id"], item["status"]) for item in listed]
    assert statuses == {
        "waiting": [("0", "waiting")],
        "active": [("1", "active")],
        "paused": [("2", "paused")],
        "handed_over": [("3", "handed_over")],
        "closed": [("4", "closed")],
    }


async def test_filters_narrow_the_list(api: httpx.AsyncClient, scene: Scene) -> None:
    await scene.hear("hi", chat="1")
    assert await found(api, bot_id=scene.bot_id, channel_id=scene.channel_id, platform="telegram") == ["1"]
    narrowed: list[dict[str, object]] = [
        {"bot_id": uuid4()},
        {"channel_id": uuid4()},
        {"platform": "slack"},
        {"status": "closed"},
    ]
    assert [await found(api, **wanted) for wanted in narrowed] == [[], [], [], []]


async def test_search_finds_name_id_and_words_in_any_case(api: httpx.AsyncClient, scene: Scene) -> None:
    await scene.hear("Where is my Parcel?", chat="1", name="Élise Moreau")
    await scene.hear("I am 100% sure", chat="94711", name="Bob")
    expected: dict[str, list[str]] = {
        "élise": ["1"],
        "ISE MO": ["1"],
        "4711": ["94711"],
        "PARCEL": ["1"],
        "100%": ["94711"],
        "100_": [],
        "%": ["94711"],
        "\\": [],
        "nobody said this": [],
        "  ": ["94711", "1"],
    }
    assert {q: await found(api, q=q) for q in expected} == expected


async def test_since_and_until_bound_the_last_message(api: httpx.AsyncClient, scene: Scene) -> None:
    for chat in ("1", "2", "3"):
        await scene.hear("hi", chat=chat)
        scene.clock += timedelta(hours=1)
    first, second = scene.clock - timedelta(hours=2), scene.clock - timedelta(hours=1)
    assert await found(api, since=first.isoformat().replace("+00:00", "Z")) == ["3", "2"]
    assert await found(api, until=first.isoformat()) == ["1"]
    assert await found(api, since=first.isoformat(), until=second.isoformat()) == ["2"]


async def test_pages_follow_each_other_while_new_ones_begin(api: httpx.AsyncClient, scene: Scene) -> None:
    for chat in range(5):
        await scene.hear("hi", chat=str(chat))
    seen, cursor = [], None
    for _ in range(3):
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await api.get("/v1/conversations", params=params)).json()
        seen += [item["contact"]["external_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        await scene.hear("hi", chat=f"new {len(seen)}")
    assert (seen, cursor) == (["4", "3", "2", "1", "0"], None)


async def test_the_bot_speaks_first(api: httpx.AsyncClient, scene: Scene) -> None:
    first = {"channel_id": str(scene.channel_id), "recipient": "4242", "text": "Your parcel is here."}
    begun = await api.post(f"/v1/bots/{scene.bot_id}/conversations", json=first)
    assert (begun.status_code, begun.json()["contact"]["external_id"]) == (201, "4242")
    said = (await api.get(f"/v1/conversations/{begun.json()['id']}/messages")).json()["items"]
    assert [(item["direction"], item["author"], item["text"]) for item in said] == [
        ("outbound", "bot", "Your parcel is here.")
    ]


async def test_without_a_text_the_bot_greets(api: httpx.AsyncClient, scene: Scene) -> None:
    address, first = f"/v1/bots/{scene.bot_id}/conversations", {"channel_id": str(scene.channel_id), "recipient": "1"}
    nothing = await api.post(address, json=first)
    assert (nothing.status_code, nothing.json()["code"]) == (422, "no_text")
    await api.patch(f"/v1/bots/{scene.bot_id}", json={"greeting": "Hello!"})
    begun = await api.post(address, json=first)
    said = (await api.get(f"/v1/conversations/{begun.json()['id']}/messages")).json()["items"]
    assert (begun.status_code, [item["text"] for item in said]) == (201, ["Hello!"])


async def test_a_recipient_is_a_text_of_reasonable_length(api: httpx.AsyncClient, scene: Scene) -> None:
    for recipient in ("", "   ", "x" * 201, 7, None):
        first = {"channel_id": str(scene.channel_id), "recipient": recipient, "text": "hi"}
        refused = await api.post(f"/v1/bots/{scene.bot_id}/conversations", json=first)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "recipient"), recipient


async def test_a_recipient_is_one_that_the_platform_can_have(api: httpx.AsyncClient, scene: Scene) -> None:
    address, first = f"/v1/bots/{scene.bot_id}/conversations", {"channel_id": str(scene.channel_id), "text": "hi"}
    refused = await api.post(address, json={**first, "recipient": "@somebody"})
    assert (refused.status_code, refused.json()["code"]) == (422, "recipient")
    assert refused.json()["detail"].startswith("recipient: give the chat's number, not its name")


async def test_nobody_is_written_to_in_a_webchat_who_never_opened_it(
    api: httpx.AsyncClient, scene: Scene, database: Database
) -> None:
    made = await api.post(f"/v1/bots/{scene.bot_id}/channels", json={"platform": "webchat"})
    address, first = f"/v1/bots/{scene.bot_id}/conversations", {"channel_id": made.json()["id"], "text": "hi"}
    for recipient in ("somebody", str(uuid4())):
        refused = await api.post(address, json={**first, "recipient": recipient})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_recipient")
    async with database.begin() as connection:
        session = await sessions.create(connection, made.json()["id"], None, {}, scene.clock)
    assert (await api.post(address, json={**first, "recipient": str(session.id)})).status_code == 201
    again = await api.post(address, json={**first, "recipient": str(session.id).upper()})
    assert again.json()["contact"]["external_id"] == str(session.id)


@pytest.mark.slow
async def test_a_bot_speaks_only_on_its_own_channels(api: httpx.AsyncClient, scene: Scene) -> None:
    other = (await api.post("/v1/bots", json={"name": "Eve"})).json()
    first = {"channel_id": str(scene.channel_id), "recipient": "1", "text": "hi"}
    assert (await api.post(f"/v1/bots/{other['id']}/conversations", json=first)).status_code == 404
