"""Answers by a response_url: where the bot is no member, five times at most, and never to another host."""

import httpx
import pytest

from adapters.errors import ChangeRefused, NotPermitted, RecipientGone
from adapters.http import Http
from adapters.platforms.base import Destination, Payload
from adapters.platforms.slack import Slack
from tests.adapters.platforms.slack_payloads import CHANNEL, CHANNEL_ID, DIRECT, TEAM, TOKEN, USER, read_form
from tests.adapters.platforms.test_slack_outbound import sent, soon

FORM = {"team_id": TEAM, "channel_id": DIRECT, "user_id": USER, "command": "/ask", "trigger_id": "1.2.abc", "text": "?"}
URL = "https://hooks.slack.com/commands/T1/2/secret"


@pytest.fixture
def slack(http: Http, simulator_url: str) -> Slack:
    return Slack(http, f"{simulator_url}/slack/api")


async def asked(control: httpx.AsyncClient, refusal: str | None = "not_in_channel") -> str:
    """Somebody asks in a channel where the bot may not speak; where it may answer all the same."""
    (await control.post(f"/slack/channels/{CHANNEL_ID}", json={"refusal": refusal})).raise_for_status()
    answer = await control.post(f"/slack/{TOKEN}/commands", json={"text": "hi", "channel": CHANNEL_ID})
    return str(answer.json()["response_url"])


def part(slack: Slack, *urls: str) -> Payload:
    by = tuple({"response_url": url} for url in urls)
    (payload,) = slack.render("**hello**", Destination(chat=CHANNEL_ID, answer_by=by))
    return slack.marked(payload, "mark")


def test_a_command_says_where_it_may_be_answered_besides() -> None:
    (event,) = read_form({**FORM, "response_url": URL})
    assert event.details["answer_by"] == {"response_url": URL}
    (silent,) = read_form({**FORM, "response_url": "x" * 5000})
    assert "answer_by" not in silent.details


async def test_where_the_bot_is_no_member_whoever_asked_is_answered(slack: Slack, control: httpx.AsyncClient) -> None:
    payload = part(slack, await asked(control))
    receipt = await slack.send(CHANNEL, payload, soon())
    (shown,) = await sent(control)
    assert shown["payload"] == {"text": "*hello*", "response_type": "ephemeral", "replace_original": False}
    assert slack.changes is not None
    with pytest.raises(ChangeRefused):
        await slack.changes.edit(CHANNEL, payload, receipt.platform_message_id, soon())


async def test_where_the_bot_may_speak_it_does(slack: Slack, control: httpx.AsyncClient) -> None:
    await slack.send(CHANNEL, part(slack, await asked(control, refusal=None)), soon())
    (said,) = await sent(control)
    assert said["method"] == "chat.postMessage"
    assert "responses" not in str(said["payload"])


async def test_after_five_parts_the_next_address_is_used_and_then_none(
    slack: Slack, control: httpx.AsyncClient
) -> None:
    payload = part(slack, await asked(control, "channel_not_found"), await asked(control, "channel_not_found"))
    for _ in range(10):
        await slack.send(CHANNEL, payload, soon())
    with pytest.raises(RecipientGone):
        await slack.send(CHANNEL, payload, soon())
    assert len(await sent(control)) == 10


async def test_an_address_elsewhere_is_not_called(slack: Slack, control: httpx.AsyncClient) -> None:
    address = await asked(control)
    elsewhere = address.replace("127.0.0.1", "localhost")
    assert elsewhere != address
    for url in (
        elsewhere,
        "http://hooks.slack.com/x",
        "https://slack.com.example/x",
        "https://[",
        "file:///etc/passwd",
    ):
        with pytest.raises(NotPermitted, match="not_in_channel"):
            await slack.send(CHANNEL, part(slack, url), soon())
    assert await sent(control) == []
