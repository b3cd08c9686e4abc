"""Webhooks over HTTP: who is let in, what is recorded, and that a repeat has no effect."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from adapters.database.engine import Database
from adapters.database.notifications import channels_changed
from adapters.database.records import Event, Message
from adapters.database.tables import BotRow, ChannelRow, Contact, Conversation
from settings import Settings
from tests.api.door import SECRET_HEADER, Door, open_door, said, status_of
from tests.machine import caller, until
from tests.product import WEBHOOK_SECRET, Product, make_channel, running_api
from tests.simulated import TOKEN


@pytest.fixture
async def door(settings: Settings, database: Database) -> AsyncIterator[Door]:
    """The API alone, with a bot on Telegram."""
    async with open_door(settings, database, bursts={"policy": "queue"}) as opened:
        yield opened


async def test_an_update_is_recorded_and_acknowledged_with_an_empty_answer(door: Door) -> None:
    answer = await door.post(said(1))
    assert (answer.status_code, answer.content) == (200, b"")
    assert [(kind, reason) for kind, _, reason in await door.events()] == [("message", None)]
    assert await door.texts() == ["hello"]


@pytest.mark.parametrize(
    "given", [None, "", "wrong", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "A", "s3crét_-A", "\xff\xfe"]
)
async def test_without_the_secret_no_byte_of_the_body_is_waited_for(door: Door, given: str | None) -> None:
    secret = [] if given is None else [f"{SECRET_HEADER}: {given}"]
    # The body never comes, and "100 Continue" would be the server's asking for it.
    answer = await door.raw("\n".join(["Content-Length: 1000", "Expect: 100-continue", *secret]))
    assert status_of(answer) == 401
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "signature_mismatch"
    assert await door.events() == []


async def test_a_refused_call_leaves_the_connection_in_order(door: Door) -> None:
    body = json.dumps(said(1))
    for secret, status in (("wrong", 401), (WEBHOOK_SECRET, 200), ("wrong", 401), (WEBHOOK_SECRET, 200)):
        answer = await door.client.post(door.path, content=body, headers={SECRET_HEADER: secret})
        assert answer.status_code == status


async def test_what_is_no_channel_of_that_platform_is_not_found(
    door: Door, settings: Settings, database: Database
) -> None:
    webchat = await make_channel(settings, database, "webchat")
    paths = (
        f"/webhooks/telegram/{uuid4()}",
        f"/webhooks/telegram/{webchat.id}",
        f"/webhooks/webchat/{webchat.id}",
        f"/webhooks/slack/{door.channel.id}",
        f"/webhooks/smoke-signals/{door.channel.id}",
        *(f"/webhooks/telegram/{name}" for name in ("0", "-1", "%00", "..%2F..", "x" * 2000, "%ff%fe")),
    )
    for path in paths:
        answer = await door.client.post(path, json=said(1), headers={SECRET_HEADER: WEBHOOK_SECRET})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


async def test_a_deleted_bot_hears_and_answers_nothing(door: Door, database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(update(BotRow).values(deleted_at=datetime.now(UTC)))
    assert (await door.post(said(1))).status_code == 200
    assert await door.events() == [("message", "ignored", "bot_deleted")]
    assert await door.conversations() == []


async def test_a_stopped_bot_records_and_holds(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    async with product.database.begin() as connection:
        await connection.execute(update(BotRow).values(stopped_at=datetime.now(UTC)))
    await product.simulated.say(7, "anybody there?")
    await product.until_states("held")
    assert await product.states() == [("held", "bot_stopped")]
    assert await product.simulated.sent() == []


async def test_a_repeat_has_no_effect_however_it_is_written(door: Door) -> None:
    update = said(1, "only once")
    rewritten = json.dumps(dict(reversed(update.items())), indent=7).encode()
    statuses = [(await door.post(update)).status_code, (await door.post_bytes(rewritten)).status_code]
    statuses.append((await door.post_bytes(b"\xef\xbb\xbf" + json.dumps(update).encode())).status_code)
    assert statuses == [200, 200, 200]
    assert await door.texts() == ["only once"]


@pytest.mark.slow
async def test_the_same_update_at_two_doors_at_once_is_one_event(
    door: Door, settings: Settings, database: Database
) -> None:
    updates = [said(number, f"number {number}") for number in range(1, 11)]
    async with running_api(settings) as url, caller(url) as client:
        other = Door(url, client, database, door.channel)
        calls = [way.post(update) for update in updates for way in (door, other, door, other)]
        answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert len(await door.events()) == 10
    assert sorted(await door.texts()) == sorted(f"number {number}" for number in range(1, 11))


@pytest.mark.slow
async def test_fifty_first_messages_at_once_are_one_conversation_answered_in_order(product: Product) -> None:
    unlimited = {"messages_per_minute": None}
    channel = await product.channel("telegram", bursts={"policy": "queue"}, limits=unlimited)
    opened = Door(product.url, product.client, product.database, channel)
    answers = await asyncio.gather(
        *(opened.post_until_taken(said(number, f"number {number}")) for number in range(1, 51))
    )
    assert {answer.status_code for answer in answers} == {200}
    await product.until_states(*["answered"] * 50)
    async with product.database.begin() as connection:
        assert await connection.scalar(select(func.count()).select_from(Conversation)) == 1
        assert await connection.scalar(select(func.count()).select_from(Contact)) == 1
        # On a machine so busy that PostgreSQL seems away, some come by the other door, and take an earlier place.
        in_place = select(Message.text).join(Event, Event.id == Message.id).where(Event.seq == Message.seq)
        in_order = [f"You said: {text}" for text in await connection.scalars(in_place.order_by(Message.seq))]
    sent = [str(item["text"]) for item in await product.simulated.sent(7)]
    assert sorted(sent) == sorted(f"You said: number {number}" for number in range(1, 51))
    assert [text for text in sent if text in in_order] == in_order != []


@pytest.mark.parametrize(
    ("policy", "plain", "command"),
    [
        ("when_addressed", ("ignored", "not_addressed"), ("queued", None)),
        ("always", ("queued", None), ("queued", None)),
        ("never", ("ignored", "not_addressed"), ("ignored", "not_addressed")),
    ],
)
async def test_a_group_is_heard_as_the_bot_says(
    settings: Settings, database: Database, policy: str, plain: tuple[str, str], command: tuple[str, str]
) -> None:
    entities = [{"type": "bot_command", "offset": 0, "length": 5}]
    async with open_door(settings, database, groups=policy) as door:
        await door.post(said(1, "talking to each other", chat=-100))
        await door.post(said(2, "/help", chat=-100, entities=entities))
        assert [item[1:] for item in await door.events()] == [plain, command]


async def test_a_pressed_button_is_answered_like_a_message_and_comes_to_rest(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.post(f"/telegram/{TOKEN}/callback", chat_id=7, data="yes")
    await product.until_states("answered")
    assert [item["text"] for item in await product.simulated.sent(7)] == ["You said: yes"]

    async def at_rest() -> bool:
        return "answerCallbackQuery" in [item["method"] for item in await product.simulated.ledger("outbound")]

    await until(at_rest)


async def test_a_deleted_channel_is_soon_unknown_at_every_door(
    door: Door, settings: Settings, database: Database
) -> None:
    async with running_api(settings) as url, caller(url) as client:
        doors = (door, Door(url, client, database, door.channel))
        assert [(await way.post(said(1))).status_code for way in doors] == [200, 200]
        async with database.begin() as connection:
            await connection.execute(update(ChannelRow).values(deleted_at=datetime.now(UTC)))
            await channels_changed(connection)

        async def unknown() -> bool:
            return [(await way.post(said(1))).status_code for way in doors] == [404, 404]

        await until(unknown)


async def test_a_channel_whose_key_is_gone_is_asked_for_again_later(
    door: Door, settings: Settings, database: Database
) -> None:
    other = settings.model_copy(update={"secret_key": (SecretStr("another key of 32 bytes or more!"),)})
    async with running_api(other) as url, caller(url) as client:
        answer = await Door(url, client, database, door.channel).post(said(1))
    assert (answer.status_code, "SECRET_KEY" in answer.json()["detail"]) == (503, True)
    assert "Retry-After" in answer.headers


async def test_what_nobody_foresaw_is_told_as_a_problem_without_its_inside(door: Door, database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(update(BotRow).values(settings={"name": "Ada", "canary": "canary"}))
    answer = await door.post(said(1))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Correlation-Id"]
    assert "canary" not in answer.text


async def test_what_is_older_than_a_week_is_not_heard(door: Door) -> None:
    now = datetime.now(UTC)
    for number, age in enumerate((timedelta(days=7, minutes=1), timedelta(days=6, hours=23)), 1):
        await door.post(said(number, date=int((now - age).timestamp())))
    assert await door.events() == [("message", "ignored", "too_old"), ("message", "queued", None)]


async def test_events_of_one_conversation_are_numbered_without_a_repeat(door: Door, database: Database) -> None:
    answers = await asyncio.gather(*(door.post_until_taken(said(number)) for number in range(1, 21)))
    assert {answer.status_code for answer in answers} == {200}
    async with database.begin() as connection:
        numbers = (await connection.scalars(select(Event.seq).order_by(Event.seq))).all()
    assert len(set(numbers)) == 20


async def test_every_answer_names_its_correlation_id(door: Door, database: Database) -> None:
    answer = await door.post(said(1), **{"X-Correlation-Id": "chosen-by-the-caller"})
    assert answer.headers["X-Correlation-Id"] == "chosen-by-the-caller"
    made = await door.post(said(2), **{"X-Correlation-Id": "not well\tformed"})
    assert made.headers["X-Correlation-Id"] != "not well\tformed"
    async with database.begin() as connection:
        kept = (await connection.scalars(select(Event.correlation_id).order_by(Event.seq))).all()
    assert kept == ["chosen-by-the-caller", made.headers["X-Correlation-Id"]]
