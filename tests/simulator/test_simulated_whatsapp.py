"""The simulated WhatsApp: what it accepts and refuses, and how it tells a business what happened."""

import hmac
import json
from hashlib import sha256

import httpx
import pytest
from starlette.responses import Response

from simulator.wire import JSON, Object, encode
from tests.simulator.harness import Control, Post, Receiver

NUMBER, CONTACT = "106540352242922", "16505551234"
TOKEN, SECRET = "EAAtoken", "app-secret"
URL = f"/graph/v25.0/{NUMBER}"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
TEXT: Object = {"messaging_product": "whatsapp", "to": CONTACT, "type": "text", "text": {"body": "hi"}}


async def register(control: Control, app_url: str | None = None) -> None:
    """A number, and the callback URL of its app."""
    await control.post(f"/whatsapp/numbers/{NUMBER}", access_token=TOKEN, app_secret=SECRET, app_url=app_url)


async def send(client: httpx.AsyncClient, **more: JSON) -> httpx.Response:
    """What a text to the contact is answered."""
    return await client.post(f"{URL}/messages", json={**TEXT, **more}, headers=BEARER)


def value(post: Post) -> dict[str, list[dict[str, str]]]:
    """What a call tells of the number."""
    content: dict[str, list[dict[str, str]]] = json.loads(json.dumps(post.body))["entry"][0]["changes"][0]["value"]
    return content


def is_signed(post: Post) -> bool:
    """Whether the call carries the signature of its own body."""
    digest = hmac.new(SECRET.encode(), encode(post.body), sha256).hexdigest()
    return post.headers["x-hub-signature-256"] == f"sha256={digest}"


async def test_who_writes_is_told_to_the_webhook_signed(control: Control, receiver: Receiver) -> None:
    await register(control, receiver.url)
    said = await control.post(f"/whatsapp/{NUMBER}/messages", **{"from": CONTACT}, text="höi")
    post = await receiver.next()
    assert is_signed(post)
    (message,) = value(post)["messages"]
    assert (message["from"], message["id"], message["type"]) == (CONTACT, said["message_id"], "text")
    assert "höi" in str(message["text"])


async def test_a_call_that_is_not_taken_is_posted_again(control: Control, receiver: Receiver) -> None:
    receiver.answers.append(Response(status_code=500))
    await register(control, receiver.url)
    await control.post(f"/whatsapp/{NUMBER}/messages", **{"from": CONTACT}, text="hi")
    assert (await receiver.next()).body == (await receiver.next()).body
    (entry,) = await control.until(lambda found: found[0]["state"] == "accepted", kind="webhook")
    assert entry["statuses"] == [500, 200]


async def test_a_send_is_followed_by_statuses_with_its_mark(
    client: httpx.AsyncClient, control: Control, receiver: Receiver
) -> None:
    await register(control, receiver.url)
    await control.post("/whatsapp/settings", window=False)
    name = (await send(client, biz_opaque_callback_data="mark")).json()["messages"][0]["id"]
    told = [value(await receiver.next())["statuses"] for _ in "12"]
    seen = sorted((item["id"], item["status"], item["biz_opaque_callback_data"]) for (item,) in told)
    assert seen == [(name, "delivered", "mark"), (name, "sent", "mark")]


async def test_a_closed_window_shows_only_in_the_status(
    client: httpx.AsyncClient, control: Control, receiver: Receiver
) -> None:
    await register(control, receiver.url)
    assert (await send(client)).status_code == 200
    (status,) = value(await receiver.next())["statuses"]
    assert status["status"] == "failed"
    assert "131047" in str(status["errors"])


REFUSED: list[tuple[Object, int]] = [
    ({"messaging_product": "x"}, 100),
    ({"to": ""}, 100),
    ({"type": "image"}, 131051),
    ({"text": {"body": ""}}, 100),
    ({"text": {"body": "x" * 4097}}, 100),
    ({"biz_opaque_callback_data": "x" * 513}, 131009),
]


@pytest.mark.parametrize(("wrong", "code"), REFUSED)
async def test_what_cannot_be_sent_is_refused(
    client: httpx.AsyncClient, control: Control, wrong: Object, code: int
) -> None:
    await register(control)
    answer = await send(client, **wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert await control.ledger(kind="outbound") == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN}"}])
async def test_without_the_token_nothing_is_done(
    client: httpx.AsyncClient, control: Control, headers: dict[str, str]
) -> None:
    await register(control)
    answer = await client.post(f"{URL}/messages", json=TEXT, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


async def test_one_contact_takes_45_messages_at_once(client: httpx.AsyncClient, control: Control) -> None:
    await register(control)
    await control.post("/whatsapp/settings", pair_limit=True)
    statuses = [(await send(client)).status_code for _ in range(46)]
    assert statuses == [200] * 45 + [400]


async def test_read_is_what_was_heard(client: httpx.AsyncClient, control: Control) -> None:
    await register(control)
    said = await control.post(f"/whatsapp/{NUMBER}/messages", **{"from": CONTACT}, text="hi")
    for name, status in ((said["message_id"], 200), ("wamid.unheard", 400)):
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": name}
        assert (await client.post(f"{URL}/messages", json=body, headers=BEARER)).status_code == status


async def test_faults_meet_messages_as_they_meet_any_platforms(client: httpx.AsyncClient, control: Control) -> None:
    await register(control)
    await control.fault("status", status=429, method="messages", contains="hi")
    assert (await send(client)).json()["error"]["code"] == 80007
    assert (await send(client)).status_code == 200
    assert [entry["status"] for entry in await control.ledger(kind="call")] == [429, 200]


async def test_a_path_that_is_not_there_is_a_404_of_the_graph_api(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graph/v25.0/1/nothing/here")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 2500)
