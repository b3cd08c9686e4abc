"""Slack's calls, against the simulator over HTTP."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import JsonValue

from adapters.errors import CredentialsRefused, Moved, NotPermitted
from adapters.http import Http
from adapters.platforms.base import Destination, Payload
from adapters.platforms.slack import Slack
from tests.adapters.platforms.slack_payloads import CHANNEL, TOKEN, deaf_slack

PLACE = Destination(chat="C00000001")
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def slack(http: Http, simulator_url: str) -> Slack:
    return Slack(http, f"{simulator_url}/slack/api")


def soon() -> float:
    """A deadline far enough away."""
    return time.monotonic() + 15


async def sent(control: httpx.AsyncClient) -> list[dict[str, JsonValue]]:
    """What the simulator took."""
    items: list[dict[str, JsonValue]] = (await control.get("/ledger", params={"kind": "outbound"})).json()["items"]
    return items


async def post(slack: Slack, text: str, mark: str, thread: str | None = None) -> str:
    """Put one marked part on Slack."""
    (payload,) = slack.render(text, PLACE.model_copy(update={"thread": thread}))
    return (await slack.send(CHANNEL, slack.marked(payload, mark), soon())).platform_message_id


async def find(slack: Slack, mark: str, **place: JsonValue) -> str | None:
    payload: Payload = {"channel": PLACE.chat, "text": "x", **place}
    found = await slack.find(CHANNEL, payload, mark, datetime.now(UTC) - LONG_AGO, soon())
    return found.platform_message_id if found else None


def test_a_reply_is_mrkdwn_in_its_thread() -> None:
    there = Destination(chat="C1", thread="1766458026.240809")
    assert deaf_slack().render("Hello **there** & <!channel>", there) == (
        {
            "channel": "C1",
            "thread_ts": "1766458026.240809",
            "text": "Hello *there* &amp; &lt;!channel&gt;",
            "unfurl_links": False,
            "unfurl_media": False,
        },
    )


def test_a_reply_that_shows_nothing_has_no_parts() -> None:
    assert deaf_slack().render(" \n\u200b", PLACE) == ()


def test_a_part_without_formatting_is_so_once() -> None:
    plain = deaf_slack().unformatted({"channel": "C1", "text": "*x*"})
    assert plain == {"channel": "C1", "text": "*x*", "mrkdwn": False}
    assert deaf_slack().unformatted(plain) is None


async def test_a_part_carries_its_mark_where_people_do_not_see_it(slack: Slack, control: httpx.AsyncClient) -> None:
    ts = await post(slack, "hello", "mark-1")
    (item,) = await sent(control)
    assert (item["message_id"], item["text"]) == (ts, "hello")
    payload = item["payload"]
    assert isinstance(payload, dict)
    assert payload["metadata"] == {"event_type": "chat_orchestrator_part", "event_payload": {"delivery": "mark-1"}}


async def test_a_thread_that_is_gone_is_left_out(slack: Slack, control: httpx.AsyncClient) -> None:
    ts = await post(slack, "hello", "mark-1", thread="1.000001")
    (item,) = await sent(control)
    assert item["message_id"] == ts
    assert await find(slack, "mark-1", thread_ts="1.000001") == ts


async def test_what_was_sent_is_found_by_its_mark_alone(slack: Slack, control: httpx.AsyncClient) -> None:
    first, second = [await post(slack, "the same text", mark) for mark in ("mark-1", "mark-2")]
    assert (await find(slack, "mark-1"), await find(slack, "mark-2")) == (first, second)
    assert await find(slack, "mark-3") is None


async def test_what_was_sent_is_found_in_its_thread(slack: Slack, control: httpx.AsyncClient) -> None:
    parent = await post(slack, "parent", "mark-1")
    ts = await post(slack, "reply", "mark-2", thread=parent)
    assert await find(slack, "mark-2", thread_ts=parent) == ts
    assert await find(slack, "mark-2") is None
    assert await find(slack, "mark-3", thread_ts=parent) is None


async def test_what_was_sent_is_found_behind_many_other_messages(slack: Slack, control: httpx.AsyncClient) -> None:
    ts = await post(slack, "hello", "mark-1")
    for number in range(450):
        await control.post(f"/slack/{TOKEN}/messages", json={"channel": PLACE.chat, "text": str(number)})
    assert await find(slack, "mark-1") == ts


async def test_what_is_older_is_not_looked_at(slack: Slack, control: httpx.AsyncClient) -> None:
    await post(slack, "hello", "mark-1")
    ahead = datetime.now(UTC) + timedelta(hours=1)
    assert await slack.find(CHANNEL, {"channel": PLACE.chat}, "mark-1", ahead, soon()) is None


async def test_a_history_that_may_not_be_read_says_so(slack: Slack, control: httpx.AsyncClient) -> None:
    await control.post(f"/slack/{TOKEN}/app", json={"missing_scopes": ["channels:history"]})
    with pytest.raises(NotPermitted):
        await find(slack, "mark-1")


async def test_own_messages_without_a_mark_are_no_proof(slack: Slack, control: httpx.AsyncClient) -> None:
    app = (await control.post(f"/slack/{TOKEN}/app", json={"missing_scopes": ["metadata.message:read"]})).json()
    known = CHANNEL.model_copy(update={"account": {"id": app["user"], "bot_id": app["bot"]}})
    await post(slack, "hello", "mark-1")
    with pytest.raises(NotPermitted):
        await slack.find(known, {"channel": PLACE.chat}, "mark-1", datetime.now(UTC), soon())


async def test_a_person_is_met_in_the_conversation_that_slack_opens(slack: Slack, control: httpx.AsyncClient) -> None:
    with pytest.raises(Moved) as moved:
        await slack.send(CHANNEL, {"channel": "U0000TEST", "text": "hi", "thread_ts": "1.000001"}, soon())
    assert moved.value.chat == "D0000TEST"
    assert slack.readdressed({"channel": "U0000TEST", "thread_ts": "1.000001"}, "D0000TEST") == {"channel": "D0000TEST"}


async def test_without_the_scope_slack_opens_it_by_itself(slack: Slack, control: httpx.AsyncClient) -> None:
    await control.post(f"/slack/{TOKEN}/app", json={"missing_scopes": ["im:write"]})
    await slack.send(CHANNEL, {"channel": "U0000TEST", "text": "hi"}, soon())
    assert [item["chat_id"] for item in await sent(control)] == ["D0000TEST"]


async def test_a_check_says_whose_token_it_is(slack: Slack, control: httpx.AsyncClient) -> None:
    app = (await control.post(f"/slack/{TOKEN}/app", json={})).json()
    account = await slack.check(CHANNEL)
    assert (account.id, account.details["bot_id"], account.details["team_id"]) == (app["user"], app["bot"], "T00000SIM")


async def test_a_token_that_was_revoked_is_refused(slack: Slack, control: httpx.AsyncClient) -> None:
    await control.post("/slack/settings", json={"refused_tokens": [TOKEN]})
    with pytest.raises(CredentialsRefused):
        await slack.check(CHANNEL)


async def test_a_person_sets_the_webhook_and_is_told_how(slack: Slack) -> None:
    with pytest.raises(NotPermitted) as told:
        await slack.register(CHANNEL, "https://chat.example.com/webhooks/slack/1")
    for wanted in ("https://chat.example.com/webhooks/slack/1", "message.im", "chat:write", "Event Subscriptions"):
        assert wanted in str(told.value)
    for ask in (slack.inspect, slack.remove):
        with pytest.raises(NotPermitted):
            await ask(CHANNEL)
