"""Handshakes at the front door: Slack's challenge by POST, and GET where nobody asks so."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from adapters.database.engine import Database
from adapters.database.records import Event
from adapters.platforms.slack.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from settings import Settings
from tests.api.door import Door
from tests.machine import caller
from tests.product import make_channel, running_api

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
CREDENTIALS = {"bot_token": "xoxb-1-2-" + "a" * 24, "signing_secret": SECRET}
CHALLENGE = json.dumps({"type": "url_verification", "challenge": "<b>3eZbrw1a</b>"}).encode()


@pytest.fixture
async def slack(settings: Settings, database: Database) -> AsyncIterator[Door]:
    """A running API with a bot on Slack."""
    channel = await make_channel(settings, database, "slack", CREDENTIALS)
    async with running_api(settings) as url, caller(url) as client:
        yield Door(url, client, database, channel)


def signed(body: bytes, secret: str = SECRET, age: timedelta = timedelta()) -> dict[str, str]:
    """The headers of a call that Slack signed so long ago."""
    seconds = str(int((datetime.now(UTC) - age).timestamp()))
    return {TIMESTAMP_HEADER: seconds, SIGNATURE_HEADER: sign(secret, seconds, body)}


def path(door: Door) -> str:
    return f"/webhooks/slack/{door.channel.id}"


async def test_a_challenge_is_said_back_as_plain_text_and_recorded_nowhere(slack: Door) -> None:
    answer = await slack.client.post(path(slack), content=CHALLENGE, headers=signed(CHALLENGE))
    assert (answer.status_code, answer.text) == (200, "<b>3eZbrw1a</b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    async with slack.database.begin() as connection:
        assert await connection.scalar(select(func.count()).select_from(Event)) == 0


async def test_a_challenge_that_is_not_signed_is_refused(slack: Door) -> None:
    for headers in ({}, signed(CHALLENGE, secret="another")):
        answer = await slack.client.post(path(slack), content=CHALLENGE, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_mismatch")


async def test_an_event_that_was_signed_long_ago_is_refused(slack: Door) -> None:
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_home_opened"}}).encode()
    old = await slack.client.post(path(slack), content=body, headers=signed(body, age=timedelta(minutes=6)))
    new = await slack.client.post(path(slack), content=body, headers=signed(body))
    assert (old.status_code, new.status_code) == (401, 200)
    assert await slack.events() == [("other", "ignored", "unsupported:app_home_opened")]


async def test_what_carries_no_signature_is_refused_before_its_body_comes(slack: Door) -> None:
    answer = await slack.raw("Content-Length: 1000000", path=path(slack))
    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("platform", ["slack", "telegram", "webchat"])
async def test_a_get_finds_nothing_where_the_platform_does_not_ask_so(slack: Door, platform: str) -> None:
    answer = await slack.client.get(f"/webhooks/{platform}/{slack.channel.id}", params={"hub.challenge": "1"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
