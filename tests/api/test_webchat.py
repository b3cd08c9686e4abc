"""The webchat's protocol over HTTP: who may open a session, resume it and speak in it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import delete, update

from adapters.database.channels import keys_vault
from adapters.database.engine import Database
from adapters.database.tables import BotRow, WebchatSession
from adapters.vault import Vault
from api import tokens
from settings import Settings
from tests.product import MadeChannel, Visitor, make_channel, running_api

PAGE = "https://shop.example"


@pytest.fixture
async def channel(settings: Settings, database: Database) -> MadeChannel:
    """A bot on a webchat that the pages of a shop may embed."""
    return await make_channel(settings, database, channel_settings={"allowed_origins": [PAGE]})


async def test_a_session_begins_with_all_that_a_widget_needs(client: httpx.AsyncClient, channel: MadeChannel) -> None:
    page = {"url": "https://shop.example/a", "title": "A", "referrer": None, "locale": "de"}
    answer = await client.post(f"/webchat/{channel.id}/sessions", json={"visitor_id": "v-1", "page": page})
    session = answer.json()
    assert answer.status_code == 201
    assert session.keys() == {
        "session_id", "visitor_id", "token", "secret", "conversation_id", "expires_in", "cursor", "max_file_bytes",
    }  # fmt: skip
    assert (session["visitor_id"], session["expires_in"], session["cursor"]) == ("v-1", 3600, 0)


async def test_a_secret_resumes_its_conversation(client: httpx.AsyncClient, visitor: Visitor) -> None:
    said = (await visitor.say("hello")).json()
    first = dict(visitor.session)
    resumed = await visitor.enter(secret=first["secret"])
    assert [resumed[name] for name in ("session_id", "visitor_id", "conversation_id")] == [
        first[name] for name in ("session_id", "visitor_id", "conversation_id")
    ]
    assert resumed["cursor"] == said["seq"]
    assert [item["text"] for item in await visitor.messages()] == ["hello"]


async def test_a_bare_visitor_id_resumes_nothing(client: httpx.AsyncClient, channel: MadeChannel) -> None:
    asked = {"visitor_id": "v-1"}
    sessions = [(await client.post(f"/webchat/{channel.id}/sessions", json=asked)).json() for _ in range(2)]
    assert sessions[0]["session_id"] != sessions[1]["session_id"]
    assert sessions[0]["conversation_id"] != sessions[1]["conversation_id"]


async def test_a_secret_that_is_not_this_webchats_opens_nothing(
    client: httpx.AsyncClient, visitor: Visitor, settings: Settings, database: Database
) -> None:
    other = await make_channel(settings, database)
    for secret in (visitor.session["secret"], "", "wrong", "\x00", "ü" * 200):
        answer = await client.post(f"/webchat/{other.id}/sessions", json={"secret": secret})
        assert (answer.status_code, answer.json()["code"]) == (401, "secret"), secret


async def test_what_is_no_webchat_is_not_found(
    client: httpx.AsyncClient, settings: Settings, database: Database
) -> None:
    telegram = await make_channel(settings, database, "telegram", {"token": "1:a"})
    for channel in (uuid4(), telegram.id, "0", "%00", "x" * 300):
        answer = await client.post(f"/webchat/{channel}/sessions", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), channel


async def test_the_webchat_of_a_deleted_bot_is_gone(
    client: httpx.AsyncClient, channel: MadeChannel, database: Database
) -> None:
    async with database.begin() as connection:
        await connection.execute(update(BotRow).values(deleted_at=datetime.now(UTC)))
    assert (await client.post(f"/webchat/{channel.id}/sessions", json={})).status_code == 404


@pytest.mark.parametrize(
    ("listed", "welcome", "refused"),
    [
        ([PAGE], [PAGE, "HTTPS://SHOP.example:443"], ["http://shop.example", f"{PAGE}.evil", f"{PAGE}:8443", "null"]),
        (["*"], [PAGE, "null", "http://localhost:3000"], []),
        (None, ["http://127.0.0.1:8000"], ["http://127.0.0.1:8001", "https://127.0.0.1:8000", "https://["]),
        ([], [], [PAGE, "http://127.0.0.1:8000"]),
    ],
    ids=["listed", "all", "by default", "none"],
)
async def test_only_pages_of_allowed_origins_may_call(
    client: httpx.AsyncClient,
    settings: Settings,
    database: Database,
    listed: list[str] | None,
    welcome: list[str],
    refused: list[str],
) -> None:
    named = {} if listed is None else {"allowed_origins": listed}
    channel = await make_channel(settings, database, channel_settings=named)
    path = f"/webchat/{channel.id}/sessions"
    assert (await client.post(path, json={})).status_code == 201
    for origin in welcome:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight, answer = await client.options(path, headers=asked), await client.post(path, json={}, headers=asked)
        assert [preflight.status_code, answer.status_code] == [204, 201], origin
        for marked in (preflight, answer):
            assert (marked.headers["Access-Control-Allow-Origin"], marked.headers["Vary"]) == (origin, "Origin")
            assert "Access-Control-Allow-Credentials" not in marked.headers
    for origin in refused:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight, answer = await client.options(path, headers=asked), await client.post(path, json={}, headers=asked)
        assert [preflight.status_code, answer.status_code] == [405, 403], origin
        assert not any("access-control-allow-origin" in marked.headers for marked in (preflight, answer))


async def test_a_page_can_read_why_it_was_refused(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    path = f"/webchat/{channel.id}/messages"
    too_long = {"client_msg_id": "1", "text": "x" * 5 * 1024 * 1024}
    answers = [
        await client.post(path, json={}, headers={"Origin": PAGE}),
        await client.post(path, json=too_long, headers={"Origin": PAGE, **visitor.headers}),
    ]
    assert [answer.status_code for answer in answers] == [401, 413]
    assert [answer.headers["Access-Control-Allow-Origin"] for answer in answers] == [PAGE, PAGE]


async def test_only_the_sessions_own_fresh_token_is_let_in(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor, settings: Settings, database: Database
) -> None:
    session, now = UUID(str(visitor.session["session_id"])), datetime.now(UTC)
    other = await make_channel(settings, database)
    vault, genuine = keys_vault(settings.secrets()), str(visitor.session["token"])
    name, expiry, signature = genuine.split(".")
    bad = {
        "garbage": "garbage",
        "expired": tokens.make(vault, channel.id, session, now - tokens.LIFETIME - timedelta(seconds=2)),
        "another channel's": tokens.make(vault, other.id, session, now),
        "another installation's": tokens.make(Vault(("x" * 32,), "api keys"), channel.id, session, now),
        "prolonged": f"{name}.{int(expiry) + 1}.{signature}",
        "another session's": f"{uuid4().hex}.{expiry}.{signature}",
        "changed": f"{name}.{expiry}.{'0' if signature[0] != '0' else '1'}{signature[1:]}",
        "shortened": genuine[:-1],
        "of other digits": genuine.replace("1", "１"),
    }
    path = f"/webchat/{channel.id}"
    named = {what: httpx.Headers([(b"Authorization", f"Bearer {token}".encode())]) for what, token in bad.items()}
    for what, headers in {"none": httpx.Headers(), **named}.items():
        answers = [
            await client.post(f"{path}/messages", json={"client_msg_id": "1", "text": "hi"}, headers=headers),
            await client.get(f"{path}/messages", headers=headers),
            await client.get(f"{path}/stream", headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [401] * 3, what
    assert (await visitor.say("hi")).status_code == 202


@pytest.mark.slow
async def test_a_token_outlives_a_rotation_of_the_key(
    settings: Settings, channel: MadeChannel, visitor: Visitor
) -> None:
    rotated = settings.model_copy(update={"secret_key": (SecretStr("a newer key, " * 4), *settings.secret_key)})
    async with running_api(rotated) as url, httpx.AsyncClient(base_url=url) as client:
        moved = Visitor(client, channel.id)
        moved.session = visitor.session
        assert (await moved.say("still me")).status_code == 202


async def test_an_erased_session_may_not_speak(visitor: Visitor, database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(delete(WebchatSession))
    answer = await visitor.say("anybody?")
    assert (answer.status_code, answer.json()["code"]) == (401, "token")


async def test_what_is_no_json_is_refused(client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor) -> None:
    path, fine = f"/webchat/{channel.id}/messages", json.dumps({"client_msg_id": "1", "text": "hi"})
    bodies = [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"text": "\xff"}', b"\x00"]
    for body in bodies:
        headers = {"Content-Type": "application/json", **visitor.headers}
        answer = await client.post(path, content=body, headers=headers)
        assert answer.status_code in (400, 422), body[:20]
        assert answer.headers["Content-Type"] == "application/problem+json"
    form = await client.post(path, content=fine, headers={"Content-Type": "text/plain", **visitor.headers})
    assert form.status_code == 422


async def test_two_visitors_do_not_see_each_other(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    other = Visitor(client, channel.id)
    await other.enter()
    await asyncio.gather(visitor.say("mine"), other.say("yours"))
    assert [item["text"] for item in await visitor.messages()] == ["mine"]
    assert [item["text"] for item in await other.messages()] == ["yours"]
