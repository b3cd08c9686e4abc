"""The simulated Slack: what it answers, and how it calls an app."""

import hmac
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from urllib.parse import parse_qs

import httpx
import pytest
from starlette.responses import Response

from simulator.wire import JSON, Object
from tests.simulator.harness import Control
from tests.simulator.slack_app import SlackApp, Told, running_app

TOKEN = "xoxb-1-2-" + "a" * 24
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
MARK: Object = {"event_type": "part", "event_payload": {"id": "1"}}


async def call(client: httpx.AsyncClient, method: str, **body: JSON) -> Object:
    """What a method answers to JSON."""
    content: Object = (await client.post(f"/slack/api/{method}", json=body, headers=BEARER)).json()
    return content


async def ask(client: httpx.AsyncClient, method: str, **query: str) -> Object:
    """What a method answers to a query."""
    content: Object = (await client.get(f"/slack/api/{method}", params=query, headers=BEARER)).json()
    return content


@pytest.fixture
async def app(control: Control) -> AsyncIterator[SlackApp]:
    """An app whose Request URL is set."""
    async with running_app() as made:
        await control.post(f"/slack/{TOKEN}/app", signing_secret=SECRET, request_url=made.url)
        assert b"url_verification" in (await made.next()).body
        yield made


def is_signed(told: Told) -> bool:
    """Whether the call carries the signature of its own body."""
    base = f"v0:{told.headers['x-slack-request-timestamp']}:".encode() + told.body
    expected = "v0=" + hmac.new(SECRET.encode(), base, sha256).hexdigest()
    return told.headers["x-slack-signature"] == expected


async def test_a_token_says_whose_it_is(client: httpx.AsyncClient) -> None:
    told = await call(client, "auth.test")
    assert (told["ok"], told["team_id"], str(told["user_id"])[:1], str(told["bot_id"])[:1]) == (
        True, "T00000SIM", "U", "B",
    )  # fmt: skip


@pytest.mark.parametrize(("headers", "error"), [({}, "not_authed"), ({"Authorization": "Bearer x"}, "invalid_auth")])
async def test_without_a_token_nothing_is_done(client: httpx.AsyncClient, headers: dict[str, str], error: str) -> None:
    answer = await client.post("/slack/api/auth.test", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": error})


async def test_what_is_posted_stands_in_the_history(client: httpx.AsyncClient, control: Control) -> None:
    posted = await call(client, "chat.postMessage", channel="C1", text="hi", metadata=MARK)
    with_mark = await ask(client, "conversations.history", channel="C1", include_all_metadata="true")
    without = await ask(client, "conversations.history", channel="C1")
    assert [item["metadata"] for item in with_mark["messages"]] == [MARK]
    assert [(item["ts"], "metadata" in item) for item in without["messages"]] == [(posted["ts"], False)]
    (entry,) = await control.ledger(kind="outbound")
    assert (entry["chat_id"], entry["message_id"], entry["text"]) == ("C1", posted["ts"], "hi")


async def test_a_history_comes_in_pages_and_from_a_time_on(client: httpx.AsyncClient) -> None:
    posted = [str((await call(client, "chat.postMessage", channel="C1", text=str(n)))["ts"]) for n in range(5)]
    first = await ask(client, "conversations.history", channel="C1", limit="2", oldest=posted[0])
    cursor = first["response_metadata"]["next_cursor"]
    second = await ask(client, "conversations.history", channel="C1", limit="2", oldest=posted[0], cursor=cursor)
    assert [item["ts"] for page in (first, second) for item in page["messages"]] == posted[:0:-1]
    assert second["response_metadata"]["next_cursor"] == ""


async def test_an_answer_in_a_thread_stands_there_alone(client: httpx.AsyncClient) -> None:
    parent = str((await call(client, "chat.postMessage", channel="C1", text="parent"))["ts"])
    reply = (await call(client, "chat.postMessage", channel="C1", text="reply", thread_ts=parent))["ts"]
    thread = await ask(client, "conversations.replies", channel="C1", ts=parent, oldest="9999999999.000000")
    whole = await ask(client, "conversations.replies", channel="C1", ts=parent)
    channel = await ask(client, "conversations.history", channel="C1")
    assert [item["ts"] for item in thread["messages"]] == [parent]
    assert [item["ts"] for item in whole["messages"]] == [parent, reply]
    assert [item["ts"] for item in channel["messages"]] == [parent]


REFUSED: list[tuple[Object, str]] = [
    ({"channel": "C1", "text": " "}, "no_text"),
    ({"channel": "X1", "text": "hi"}, "channel_not_found"),
    ({"channel": "C1", "text": "hi", "thread_ts": "1.000001"}, "thread_not_found"),
    ({"channel": "C1", "text": "hi", "metadata": {"event_type": ""}}, "invalid_metadata_format"),
    ({"channel": "C1", "text": "hi", "blocks": "x"}, "invalid_blocks"),
]


@pytest.mark.parametrize(("body", "error"), REFUSED)
async def test_a_wrong_message_is_refused(client: httpx.AsyncClient, body: Object, error: str) -> None:
    assert await call(client, "chat.postMessage", **body) == {"ok": False, "error": error}


async def test_a_method_that_reads_takes_no_json(client: httpx.AsyncClient) -> None:
    assert (await call(client, "conversations.history", channel="C1"))["error"] == "channel_not_found"


async def test_a_missing_scope_is_named(client: httpx.AsyncClient, control: Control) -> None:
    await control.post(f"/slack/{TOKEN}/app", missing_scopes=["im:history"])
    refused = await ask(client, "conversations.history", channel="D1")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "im:history")


async def test_an_event_is_posted_and_signed(control: Control, app: SlackApp) -> None:
    said = await control.post(f"/slack/{TOKEN}/messages", text="hello")
    told = await app.next()
    assert is_signed(told)
    assert (told.event["text"], told.event["ts"], told.event["channel_type"]) == ("hello", said["ts"], "im")


async def test_a_mention_in_a_channel_is_told_twice(control: Control, app: SlackApp) -> None:
    await control.post(f"/slack/{TOKEN}/messages", text="<@me> hello", channel="C1")
    events = [(await app.next()).event for _ in range(2)]
    assert {event["type"] for event in events} == {"message", "app_mention"}
    assert len({event["ts"] for event in events}) == 1


async def test_the_apps_own_messages_come_back(client: httpx.AsyncClient, app: SlackApp) -> None:
    posted = await call(client, "chat.postMessage", channel="C1", text="hi")
    told = await app.next()
    assert (told.event["ts"], str(told.event["bot_id"])[:1]) == (posted["ts"], "B")


@pytest.mark.slow
async def test_an_event_that_is_not_taken_comes_again_three_times(control: Control, app: SlackApp) -> None:
    app.answers.extend(Response(status_code=503) for _ in range(9))
    await control.post(f"/slack/{TOKEN}/messages", text="hello")
    calls = [await app.next() for _ in range(4)]
    assert [told.headers.get("x-slack-retry-num") for told in calls] == [None, "1", "2", "3"]
    assert calls[1].headers["x-slack-retry-reason"] == "http_error"
    assert len({told.body for told in calls}) == 1
    entries = await control.until(lambda found: found[0]["state"] == "dropped", kind="webhook")
    assert entries[0]["statuses"] == [503] * 4


async def test_an_app_can_ask_not_to_be_called_again(control: Control, app: SlackApp) -> None:
    app.answers.append(Response(status_code=500, headers={"X-Slack-No-Retry": "1"}))
    await control.post(f"/slack/{TOKEN}/messages", text="hello")
    entries = await control.until(lambda found: bool(found) and found[0]["state"] == "dropped", kind="webhook")
    assert entries[0]["attempts"] == 1


async def test_a_duplicate_is_posted_besides_the_first(control: Control, app: SlackApp) -> None:
    await control.fault("duplicate_webhook", copies=2)
    await control.post(f"/slack/{TOKEN}/messages", text="hello")
    calls = [await app.next() for _ in range(3)]
    assert len({told.body for told in calls}) == 1


async def test_an_event_can_be_overtaken(control: Control, app: SlackApp) -> None:
    await control.fault("reorder_webhook", contains="first", seconds=10)
    await control.post(f"/slack/{TOKEN}/messages", text="first")
    await control.post(f"/slack/{TOKEN}/messages", text="second")
    assert [(await app.next()).event["text"] for _ in range(2)] == ["second", "first"]


async def test_buttons_and_commands_come_as_forms(control: Control, app: SlackApp) -> None:
    said = await control.post(f"/slack/{TOKEN}/messages", text="hello")
    await app.next()
    await control.post(f"/slack/{TOKEN}/actions", ts=said["ts"], label="Yes")
    pressed = await app.next()
    await control.post(f"/slack/{TOKEN}/commands", text="what?", command="/ask")
    called = await app.next()
    assert is_signed(pressed)
    assert is_signed(called)
    payload = json.loads(parse_qs(pressed.body.decode())["payload"][0])
    assert (payload["type"], payload["actions"][0]["text"]["text"]) == ("block_actions", "Yes")
    assert parse_qs(called.body.decode())["text"] == ["what?"]


async def test_a_url_that_does_not_say_back_the_challenge_is_refused(client: httpx.AsyncClient, app: SlackApp) -> None:
    refused = await client.post(f"/_sim/slack/{TOKEN}/app", json={"request_url": f"{client.base_url}nowhere"})
    assert refused.status_code == 422


async def test_faults_meet_calls_as_slack_would_make_them(client: httpx.AsyncClient, control: Control) -> None:
    await control.fault("status", status=429, retry_after=30, method="chat.postMessage")
    limited = await client.post("/slack/api/chat.postMessage", json={"channel": "C1", "text": "hi"}, headers=BEARER)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "30")
    assert limited.json() == {"ok": False, "error": "ratelimited"}
    await control.fault("status", status=400, description="is_archived", chat_id="C1")
    refused = await client.post("/slack/api/chat.postMessage", json={"channel": "C1", "text": "hi"}, headers=BEARER)
    assert (refused.status_code, refused.json()) == (200, {"ok": False, "error": "is_archived"})
    await control.fault("status", status=503)
    broken = await client.post("/slack/api/chat.postMessage", json={"channel": "C1", "text": "hi"}, headers=BEARER)
    assert broken.status_code == 503


async def test_methods_are_counted_each_for_itself_where_that_is_wanted(
    client: httpx.AsyncClient, control: Control
) -> None:
    await control.post("/slack/settings", limits=True)
    said = [await call(client, "chat.postMessage", channel="C1", text="hi") for _ in range(7)]
    assert [item["ok"] for item in said] == [True] * 6 + [False]
    assert said[6]["error"] == "ratelimited"
    edited: Object = {"channel": "C1", "ts": said[0]["ts"], "text": "hello"}
    assert all([(await call(client, "chat.update", **edited))["ok"] for _ in range(50)])
    limited = await client.post("/slack/api/chat.update", json=edited, headers=BEARER)
    assert (limited.status_code, limited.json()) == (429, {"ok": False, "error": "ratelimited"})
    assert 30 < int(limited.headers["retry-after"]) <= 60
    assert (await call(client, "chat.postMessage", channel="C2", text="hi"))["ok"]


async def test_what_was_accepted_without_an_answer_is_there(client: httpx.AsyncClient, control: Control) -> None:
    await control.fault("accept_then_reset", method="chat.postMessage")
    with pytest.raises(httpx.HTTPError):
        await call(client, "chat.postMessage", channel="C1", text="hi")
    history = await ask(client, "conversations.history", channel="C1")
    assert [item["text"] for item in history["messages"]] == ["hi"]
