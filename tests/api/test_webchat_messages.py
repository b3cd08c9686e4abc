"""What a visitor says at the webchat: what is taken, how often, and once each."""

import asyncio
import time
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from adapters.database import voice
from adapters.database.engine import Database
from adapters.database.records import Event
from adapters.database.sessions import BURST, RATE_PER_SECOND
from domain.conversations import Control
from settings import Settings
from tests.api.visits import say_many
from tests.machine import caller, until
from tests.product import MadeChannel, Product, Visitor, running_api

TOO_LONG_NAME = "x" * 201


async def test_a_text_is_kept_as_it_was_said(visitor: Visitor) -> None:
    texts = ["hello", "x" * 40_000, "😀" * 40_000, "  spaces stay  ", "<b>&amp;</b>", "a\x00b"]
    for text in texts:
        assert (await visitor.say(text)).status_code == 202
    assert [item["text"] for item in await visitor.messages()] == [*texts[:-1], "ab"]


async def test_what_says_nothing_or_too_much_is_refused_by_name(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    fine = {"client_msg_id": "1", "type": "text", "text": "hi"}
    bad = (
        ("text", ["", " \n\t ", "\x00", "x" * 40_001, 5, None, ["hi"], {}]),
        ("client_msg_id", ["", "\x00", TOO_LONG_NAME, 5, None]),
        ("type", ["image", None, 5]),
        ("reply_to", [TOO_LONG_NAME, 5]),
    )
    for field, values in bad:
        for value in values:
            path = f"/webchat/{channel.id}/messages"
            answer = await client.post(path, json={**fine, field: value}, headers=visitor.headers)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), value
    half = b'{"client_msg_id": "1", "text": "\\ud800"}'
    headers = {"Content-Type": "application/json", **visitor.headers}
    assert (await client.post(f"/webchat/{channel.id}/messages", content=half, headers=headers)).status_code == 422
    assert await visitor.messages() == []


async def test_what_it_answers_may_hold_anything(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    body = {"client_msg_id": "1", "text": "hi", "reply_to": "a\x00b", "more": {"of": "everything"}}
    answer = await client.post(f"/webchat/{channel.id}/messages", json=body, headers=visitor.headers)
    assert answer.status_code == 202


@pytest.mark.slow
async def test_a_burst_is_taken_and_then_the_rate_holds(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor, settings: Settings
) -> None:
    """Two doors share one allowance."""
    async with running_api(settings) as url, caller(url) as beside:
        other = Visitor(beside, channel.id)
        other.session = visitor.session
        started = time.monotonic()
        answers = await asyncio.gather(*(way.say("hi") for _ in range(20) for way in (visitor, other)))
        most = BURST + RATE_PER_SECOND * (time.monotonic() - started)
    taken = [answer for answer in answers if answer.status_code == 202]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert BURST <= len(taken) <= most
    assert len(taken) + len(refused) == len(answers)
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert {answer.json()["code"] for answer in refused} == {"rate_limited"}


@pytest.mark.slow
async def test_after_the_wait_that_was_named_a_message_is_taken(visitor: Visitor) -> None:
    while (refused := await visitor.say("hi")).status_code == 202:
        pass
    named = time.monotonic() + int(refused.headers["Retry-After"])
    await until(lambda: time.monotonic() > named)
    assert (await visitor.say("hi")).status_code == 202


async def test_the_same_message_again_gets_the_first_result(visitor: Visitor, database: Database) -> None:
    first = await visitor.say("once", client_msg_id="one")
    again = [await visitor.say("once", client_msg_id="one"), await visitor.say("other words", client_msg_id="one")]
    assert [answer.status_code for answer in (first, *again)] == [202, 200, 200]
    assert [answer.json() for answer in again] == [{**first.json(), "duplicate": True}] * 2
    assert [item["text"] for item in await visitor.messages()] == ["once"]


@pytest.mark.slow
async def test_the_same_message_at_two_doors_at_once_is_one_message(
    channel: MadeChannel, visitor: Visitor, settings: Settings
) -> None:
    async with running_api(settings) as url, caller(url) as beside:
        other = Visitor(beside, channel.id)
        other.session = visitor.session
        calls = [way.say("once", client_msg_id="one") for _ in range(8) for way in (visitor, other)]
        answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [202]
    assert len({(answer.json()["message_id"], answer.json()["seq"]) for answer in answers}) == 1
    assert len(await visitor.messages()) == 1


async def test_two_sessions_may_use_the_same_client_id(client: httpx.AsyncClient, channel: MadeChannel) -> None:
    visitors = [Visitor(client, channel.id) for _ in range(2)]
    for visitor in visitors:
        await visitor.enter()
        assert (await visitor.say("mine", client_msg_id="one")).status_code == 202


@pytest.mark.slow
async def test_a_closed_conversation_reopens(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await visitor.say("first")
    await visitor.heard(1)
    conversation = UUID(str(visitor.session["conversation_id"]))
    async with product.database.begin() as connection:
        workspace = await connection.scalar(select(Event.workspace_id).limit(1))
        assert workspace
        assert await voice.control(connection, conversation, workspace, Control.CLOSE, now=datetime.now(UTC))
    assert (await visitor.say("second")).status_code == 202
    assert [item["text"] for item in await visitor.heard(2)] == ["You said: first", "You said: second"]


async def test_history_comes_in_pages(
    visitor: Visitor, client: httpx.AsyncClient, channel: MadeChannel, settings: Settings, database: Database
) -> None:
    await say_many(visitor, channel, settings, database, 25)
    texts, after = [], "0"
    for size in (10, 10, 5):
        path = f"/webchat/{channel.id}/messages?limit=10&after_seq={after}"
        page = (await client.get(path, headers=visitor.headers)).json()
        assert len(page["items"]) == size
        texts += [item["text"] for item in page["items"]]
        after = page["next_cursor"]
    assert texts == [f"number {number}" for number in range(25)]
    assert after is None


async def test_a_page_has_bounds(client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor) -> None:
    for asked in ("limit=0", "limit=201", "after_seq=-1", f"after_seq={2**63}", "after_seq=x"):
        answer = await client.get(f"/webchat/{channel.id}/messages?{asked}", headers=visitor.headers)
        assert answer.status_code == 422, asked


async def test_markup_of_a_visitor_is_shown_and_not_obeyed(visitor: Visitor) -> None:
    await visitor.say("<img src=x onerror=alert(1)>\n& more")
    (shown,) = await visitor.messages()
    assert shown["html"] == "&lt;img src=x onerror=alert(1)&gt;<br>&amp; more"
