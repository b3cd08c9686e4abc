"""The simulated Messenger: what it accepts and refuses, and how it tells an app what happened."""

import hmac
import json
from hashlib import sha256

import httpx
import pytest
from starlette.responses import Response

from simulator.wire import JSON, Object, encode
from tests.files import PNG
from tests.simulator.harness import Control, Post, Receiver

PAGE, APP, CONTACT = "1234567890", "517299288", "7001002003004005"
TOKEN, SECRET = "EAAtoken", "app-secret"
URL = "/graph/v25.0"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
TEXT: Object = {"recipient": {"id": CONTACT}, "messaging_type": "RESPONSE", "message": {"text": "hi"}}


async def register(control: Control, app_url: str | None = None, page: str = PAGE, token: str = TOKEN) -> None:
    """A page, and where its app is told of it."""
    given = {"access_token": token, "app_id": APP, "app_secret": SECRET, "app_url": app_url}
    await control.post(f"/messenger/pages/{page}", **given)


async def say(control: Control, text: str = "hi") -> Object:
    """The contact writes."""
    return await control.post(f"/messenger/{PAGE}/messages", **{"from": CONTACT}, text=text)


async def send(client: httpx.AsyncClient, **more: JSON) -> httpx.Response:
    """What a text to the contact is answered."""
    return await client.post(f"{URL}/{PAGE}/messages", json={**TEXT, **more}, headers=BEARER)


def item(post: Post) -> dict[str, dict[str, str]]:
    """What a call tells of the page."""
    (entry,) = json.loads(json.dumps(post.body))["entry"]
    assert entry["id"] == PAGE
    (found,) = entry["messaging"]
    told: dict[str, dict[str, str]] = found
    return told


async def test_who_writes_is_told_to_the_app_signed(control: Control, receiver: Receiver) -> None:
    await register(control, receiver.url)
    said = await say(control, "höi")
    post = await receiver.next()
    digest = hmac.new(SECRET.encode(), encode(post.body), sha256).hexdigest()
    assert post.headers["x-hub-signature-256"] == f"sha256={digest}"
    told = item(post)
    assert (told["sender"]["id"], told["recipient"]["id"]) == (CONTACT, PAGE)
    assert told["message"] == {"mid": said["message_id"], "text": "höi"}


async def test_a_call_that_is_not_taken_is_posted_again(control: Control, receiver: Receiver) -> None:
    receiver.answers.append(Response(status_code=500))
    await register(control, receiver.url)
    await say(control)
    assert (await receiver.next()).body == (await receiver.next()).body
    (entry,) = await control.until(lambda found: found[0]["state"] == "accepted", kind="webhook")
    assert (entry["page"], entry["statuses"]) == (PAGE, [500, 200])


async def test_a_send_comes_back_and_is_delivered_and_read(
    client: httpx.AsyncClient, control: Control, receiver: Receiver
) -> None:
    await register(control, receiver.url)
    await control.post("/messenger/settings", window=False, receipts=["echo", "delivered", "read"])
    answer = (await send(client, message={"text": "hi", "metadata": "mark"})).json()
    assert answer["recipient_id"] == CONTACT
    told = [item(await receiver.next()) for _ in "123"]
    (echo,) = [found for found in told if "message" in found]
    assert (echo["sender"]["id"], echo["recipient"]["id"]) == (PAGE, CONTACT)
    expected = {"is_echo": True, "app_id": int(APP), "metadata": "mark", "mid": answer["message_id"], "text": "hi"}
    assert echo["message"] == expected
    (delivered,) = [found["delivery"] for found in told if "delivery" in found]
    assert delivered["mids"] == [answer["message_id"]]
    assert sum("read" in found for found in told) == 1


REFUSED: list[tuple[Object, int, int | None]] = [
    ({"recipient": {}}, 100, None),
    ({"messaging_type": "x"}, 100, None),
    ({"message": {"text": " "}}, 100, 2018034),
    ({"message": {"text": "x" * 2001}}, 100, None),
    ({"message": {"text": "hi", "metadata": "x" * 1001}}, 100, None),
    ({"sender_action": "typing_on"}, 100, None),
    ({"recipient": {"id": "8"}}, 10, 2018278),
]


@pytest.mark.parametrize(("wrong", "code", "subcode"), REFUSED)
async def test_what_cannot_be_sent_is_refused(
    client: httpx.AsyncClient, control: Control, wrong: Object, code: int, subcode: int | None
) -> None:
    await register(control)
    await say(control)
    answer = await send(client, **wrong)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("error_subcode")) == (400, code, subcode)
    assert await control.ledger(kind="outbound") == []


@pytest.mark.parametrize(("state", "code", "subcode"), [("blocked", 551, 1545041), ("unknown", 100, 2018001)])
async def test_who_cannot_be_reached_is_refused_at_once(
    client: httpx.AsyncClient, control: Control, state: str, code: int, subcode: int
) -> None:
    await register(control)
    await control.post(f"/messenger/people/{CONTACT}", state=state)
    error = (await send(client)).json()["error"]
    assert (error["code"], error["error_subcode"]) == (code, subcode)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN}"}])
async def test_without_the_token_nothing_is_done(
    client: httpx.AsyncClient, control: Control, headers: dict[str, str]
) -> None:
    await register(control)
    answer = await client.post(f"{URL}/{PAGE}/messages", json=TEXT, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


async def test_a_token_speaks_for_its_own_page_alone(client: httpx.AsyncClient, control: Control) -> None:
    await register(control)
    await register(control, page="99", token="another")
    answer = await client.post(f"{URL}/99/messages", json=TEXT, headers=BEARER)
    assert answer.json()["error"]["code"] == 190
    assert (await client.get(f"{URL}/me", headers=BEARER)).json()["id"] == PAGE


async def test_what_is_no_page_is_left_to_whatsapp(client: httpx.AsyncClient, control: Control) -> None:
    await register(control)
    answer = await client.post(f"{URL}/555/messages", json=TEXT, headers=BEARER)
    assert answer.json()["error"]["error_subcode"] == 33
    assert [entry["platform"] for entry in await control.ledger(kind="call")] == ["whatsapp"]


async def test_an_app_is_told_what_it_and_the_page_agreed_on(
    client: httpx.AsyncClient, control: Control, receiver: Receiver
) -> None:
    await register(control, receiver.url)
    only: Object = {"subscribed_fields": "message_deliveries"}
    assert (await client.post(f"{URL}/{PAGE}/subscribed_apps", json=only, headers=BEARER)).is_success
    await say(control, "unheard")
    await send(client)
    assert "delivery" in item(await receiver.next())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/{PAGE}/subscribed_apps", {"subscribed_fields": "unheard_of"}),
        ("/me/messenger_profile", {}),
        ("/me/messenger_profile", {"unheard": "of"}),
    ],
)
async def test_what_there_is_not_cannot_be_set(
    client: httpx.AsyncClient, control: Control, path: str, body: Object
) -> None:
    await register(control)
    answer = await client.post(f"{URL}{path}", json=body, headers=BEARER)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


async def test_faults_meet_messages_and_signs_apart(client: httpx.AsyncClient, control: Control) -> None:
    await register(control)
    await say(control)
    await control.fault("status", status=429, method="messages", contains="hi")
    sign: Object = {"recipient": {"id": CONTACT}, "sender_action": "typing_on"}
    assert (await client.post(f"{URL}/{PAGE}/messages", json=sign, headers=BEARER)).json() == {"recipient_id": CONTACT}
    assert (await send(client)).json()["error"]["code"] == 613
    assert (await send(client)).status_code == 200
    calls = [(entry["method"], entry["status"]) for entry in await control.ledger(kind="call")]
    assert calls == [("typing_on", 200), ("messages", 429), ("messages", 200)]


@pytest.mark.parametrize(
    ("kind", "type_", "content", "more", "status"),
    [
        ("image", "image/png", PNG, {"metadata": "mark"}, 200),
        ("file", "text/html", PNG, {}, 200),
        ("image", "text/html", PNG, {}, 400),
        ("poster", "image/png", PNG, {}, 400),
        ("image", "image/png", b"", {}, 400),
        ("file", "image/png", bytes(25 * 1024 * 1024 + 1), {}, 400),
        ("image", "image/png", PNG, {"text": "both"}, 400),
    ],
)
async def test_files_are_taken_for_what_they_are(
    client: httpx.AsyncClient, control: Control, kind: str, type_: str, content: bytes, more: Object, status: int
) -> None:
    await register(control)
    await say(control)
    message = {"attachment": {"type": kind, "payload": {}}, **more}
    fields = {"recipient": json.dumps(TEXT["recipient"]), "messaging_type": "RESPONSE", "message": json.dumps(message)}
    files = {"filedata": ("cat.png", content, type_)}
    answer = await client.post(f"{URL}/{PAGE}/messages", data=fields, files=files, headers=BEARER)
    assert answer.status_code == status, answer.text


async def test_a_message_that_only_speaks_of_a_file_is_refused(client: httpx.AsyncClient, control: Control) -> None:
    await register(control)
    await say(control)
    assert (await send(client, message={"attachment": {"type": "image", "payload": {}}})).status_code == 400


def replies(*titles: str, payload: str = "v1") -> list[JSON]:
    """Quick replies."""
    return [{"content_type": "text", "title": title, "payload": payload} for title in titles]


@pytest.mark.parametrize(
    ("offered", "status"),
    [
        (replies(*"abcdefghijklm"), 200),
        (replies(*"abcdefghijklmn"), 400),
        (replies("x" * 20), 200),
        (replies("x" * 21), 400),
        (replies("a", payload=""), 400),
        (replies(), 400),
    ],
)
async def test_quick_replies_are_looked_at(
    client: httpx.AsyncClient, control: Control, offered: list[JSON], status: int
) -> None:
    await register(control)
    await say(control)
    answer = await send(client, message={"text": "Well?", "quick_replies": offered})
    assert answer.status_code == status, answer.text
