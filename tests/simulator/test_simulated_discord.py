"""The simulated Discord: its gateway's protocol, its nonces, limits and interactions."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from simulator.wire import JSON, Object
from tests.files import PNG
from tests.simulator.harness import Control

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAw.GabcdE." + "a" * 38
HEADERS = {"Authorization": f"Bot {TOKEN}", "User-Agent": "DiscordBot (https://example.org, 1)"}
ALL = (1 << 0) | (1 << 9) | (1 << 10) | (1 << 12) | (1 << 13) | (1 << 15)
ROOM = "8000001"


async def rest(control: Control, method: str, path: str, body: JSON = None) -> httpx.Response:
    """One call of the bot."""
    return await control.client.request(method, f"/discord/api/v10{path}", json=body, headers=HEADERS)


async def hear(socket: ClientConnection) -> Object:
    """The next thing that the gateway says."""
    told: Object = json.loads(await socket.recv())
    return told


async def say(socket: ClientConnection, operation: int, data: JSON) -> None:
    await socket.send(json.dumps({"op": operation, "d": data}))


@asynccontextmanager
async def connected(control: Control) -> AsyncIterator[ClientConnection]:
    """A connection that was greeted."""
    url = (await rest(control, "GET", "/gateway/bot")).json()["url"]
    async with connect(f"{url}?v=10&encoding=json", proxy=None) as socket:
        hello = await hear(socket)
        assert hello["op"] == 10
        yield socket


async def identify(socket: ClientConnection, intents: int = ALL, token: str = TOKEN) -> Object:
    """A new session."""
    await say(socket, 2, {"token": token, "intents": intents, "properties": {}})
    return await hear(socket)


async def closed(socket: ClientConnection) -> int | None:
    """The code that the gateway closes with."""
    with pytest.raises(ConnectionClosed) as ended:
        await socket.recv()
    return ended.value.rcvd.code if ended.value.rcvd else None


async def test_a_session_goes_on_where_it_was_broken_off(control: Control) -> None:
    async with connected(control) as socket:
        ready = await identify(socket)
        await socket.close(4900)
    assert (ready["t"], ready["s"]) == ("READY", 1)
    for text in ("one", "two"):
        await control.post(f"/discord/{TOKEN}/messages", text=text)
    data = ready["d"]
    assert isinstance(data, dict)
    async with connected(control) as socket:
        await say(socket, 6, {"token": TOKEN, "session_id": data["session_id"], "seq": 2})
        two, resumed = await hear(socket), await hear(socket)
    assert isinstance(two["d"], dict)
    assert (two["t"], two["s"], two["d"]["content"], resumed["t"]) == ("MESSAGE_CREATE", 3, "two", "RESUMED")


async def test_whoever_says_goodbye_gives_the_session_up(control: Control) -> None:
    async with connected(control) as socket:
        data = (await identify(socket))["d"]
        assert isinstance(data, dict)
        await socket.close(1000)
    async with connected(control) as socket:
        await say(socket, 6, {"token": TOKEN, "session_id": data["session_id"], "seq": 1})
        assert await hear(socket) == {"op": 9, "d": False}


async def test_heartbeats_are_answered(control: Control) -> None:
    async with connected(control) as socket:
        await say(socket, 1, None)
        assert (await hear(socket))["op"] == 11


async def test_bad_tokens_and_intents_are_closed(control: Control) -> None:
    async with connected(control) as socket:
        await say(socket, 2, {"token": "no token", "intents": 0})
        assert await closed(socket) == 4004
    await control.post(f"/discord/{TOKEN}/app", flags=0)
    async with connected(control) as socket:
        await say(socket, 2, {"token": TOKEN, "intents": ALL})
        assert await closed(socket) == 4014


async def test_without_the_intent_words_are_kept_back_unless_they_call_the_bot(control: Control) -> None:
    async with connected(control) as socket:
        await identify(socket, ALL & ~(1 << 15))
        for text in ("secret", "<@me> open"):
            await control.post(f"/discord/{TOKEN}/messages", text=text, channel=ROOM)
        told = [(await hear(socket))["d"] for _ in range(2)]
    assert [bool(item["content"]) for item in told if isinstance(item, dict)] == [False, True]


async def test_a_nonce_is_taken_once(control: Control) -> None:
    await control.post(f"/discord/channels/{ROOM}", guild="9000001")
    body: Object = {"content": "hello", "nonce": "n", "enforce_nonce": True}
    first = (await rest(control, "POST", f"/channels/{ROOM}/messages", body)).json()
    again = (await rest(control, "POST", f"/channels/{ROOM}/messages", body)).json()
    assert (first["id"], first["nonce"]) == (again["id"], "n")
    (kept,) = (await rest(control, "GET", f"/channels/{ROOM}/messages")).json()
    assert "nonce" not in kept
    await control.post("/discord/settings", nonce_seconds=0)
    assert (await rest(control, "POST", f"/channels/{ROOM}/messages", body)).json()["id"] != first["id"]


async def test_a_bucket_runs_empty_and_says_so(control: Control) -> None:
    await control.post(f"/discord/channels/{ROOM}", guild="9000001")
    await control.post("/discord/settings", bucket=1)
    taken = await rest(control, "POST", f"/channels/{ROOM}/messages", {"content": "one"})
    refused = await rest(control, "POST", f"/channels/{ROOM}/messages", {"content": "two"})
    assert (taken.status_code, taken.headers["x-ratelimit-remaining"]) == (200, "0")
    assert (refused.status_code, refused.headers["x-ratelimit-bucket"]) == (429, "messages")
    assert 0 < refused.json()["retry_after"] <= 5


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/channels/5/messages", {"content": "x"}, 404, 10003),
        ("POST", f"/channels/{ROOM}/messages", {"content": " "}, 400, 50006),
        ("POST", f"/channels/{ROOM}/messages", {"content": "x" * 2001}, 400, 50035),
        ("POST", f"/channels/{ROOM}/messages", {"content": "x", "nonce": "n" * 26}, 400, 50035),
        ("PATCH", "/webhooks/1/none/messages/@original", {"content": "x"}, 404, 10015),
        ("POST", "/interactions/1/none/callback", {"type": 5}, 404, 10062),
        ("PATCH", "/applications/@me", {"interactions_endpoint_url": "http://127.0.0.1:1"}, 400, 50035),
        ("GET", "/nowhere", None, 404, 0),
    ],
)
async def test_what_is_wrong_has_its_code(
    control: Control, method: str, path: str, body: JSON, status: int, code: int
) -> None:
    await control.post(f"/discord/channels/{ROOM}", guild="9000001")
    refused = await rest(control, method, path, body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_whoever_does_not_say_what_it_is_is_blocked(control: Control) -> None:
    path = "/discord/api/v10/users/@me"
    refused = await control.client.get(path, headers={"Authorization": f"Bot {TOKEN}"})
    assert (refused.status_code, refused.json()["code"]) == (403, 40333)
    refused = await control.client.get(path, headers={**HEADERS, "Authorization": "Bot no"})
    assert refused.status_code == 401


async def test_an_app_shows_the_key_that_it_signs_with(control: Control) -> None:
    app = await control.post(f"/discord/{TOKEN}/app")
    assert Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(app["public_key"])))
    assert (await rest(control, "GET", "/applications/@me")).json()["verify_key"] == app["public_key"]


def row(*labels: str, custom_id: str = "") -> Object:
    """A row of buttons."""
    buttons: list[JSON] = [
        {"type": 2, "style": 2, "label": label, "custom_id": custom_id or f"v:{label}"} for label in labels
    ]
    return {"type": 1, "components": buttons}


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([row(*"abcde"), row("x" * 80)], 200),
        ([row(*"abcdef")], 400),
        ([row(letter) for letter in "abcdef"], 400),
        ([row("x" * 81)], 400),
        ([row("")], 400),
        ([row("a", custom_id="x" * 101)], 400),
        ([row("a", "b", custom_id="same")], 400),
        ([row()], 400),
    ],
)
async def test_buttons_are_looked_at(control: Control, rows: list[JSON], status: int) -> None:
    await control.post(f"/discord/channels/{ROOM}")
    answer = await rest(control, "POST", f"/channels/{ROOM}/messages", {"content": "Well?", "components": rows})
    assert answer.status_code == status, answer.text


async def test_a_file_needs_no_words_and_is_the_same_for_its_nonce(control: Control) -> None:
    await control.post(f"/discord/channels/{ROOM}")
    fields = {"payload_json": json.dumps({"nonce": "n", "enforce_nonce": True})}
    url = f"/discord/api/v10/channels/{ROOM}/messages"

    async def sent(content: bytes) -> Object:
        files = {"files[0]": ("my cat.png", content, "image/png")}
        told: Object = (await control.client.post(url, data=fields, files=files, headers=HEADERS)).json()
        return told

    first = await sent(PNG)
    attached = first["attachments"]
    assert isinstance(attached, list)
    assert isinstance(attached[0], dict)
    assert (attached[0]["filename"], attached[0]["size"]) == ("my_cat.png", len(PNG))
    assert (await sent(PNG))["id"] == first["id"]
    fields["payload_json"] = "{}"
    assert [(await sent(content)).get("code") for content in (b"", bytes(10 * 1024 * 1024 + 1))] == [40005, 40005]
