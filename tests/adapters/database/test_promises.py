"""Promised answers: which are taken back, and which are kept by a part of a reply."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import delete, select, update

from adapters.database import events, promises, replies
from adapters.database.engine import Database
from adapters.database.promises import FORGOTTEN_AFTER, LEASE, SHOWN_FOR, Promise, PromiseRow
from adapters.database.records import DeliveryRow, Event
from adapters.platforms.base import Destination
from domain.conversations import Control
from domain.deliveries import DeliveryState
from domain.events import EventState
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

BY: dict[str, JsonValue] = {"interaction": "1", "token": "t"}
KEPT_BY: dict[str, JsonValue] = {"interaction": BY}


@pytest.fixture(autouse=True)
async def nothing_promised(shared: Database) -> None:
    """What other tests left is none of these tests' business."""
    async with shared.begin() as connection:
        await connection.execute(delete(PromiseRow))


@pytest.fixture
async def asked(settings: Settings, shared: Database) -> Chat:
    """A chat on Discord in which somebody asks by a command."""
    chat = await open_chat(settings, shared, "discord")
    await ask(chat)
    return chat


async def ask(chat: Chat, **more: JsonValue) -> UUID:
    """Somebody asks by a command."""
    async with chat.database.begin() as connection:
        told = [chat.event(details={"answer_by": BY}, **more)]
        recorded = await events.record(connection, chat.access, told, chat.now)
    return UUID(str(recorded.new[0].id))


async def claimed(chat: Chat) -> list[Promise]:
    async with chat.database.begin() as connection:
        return await promises.claim(connection, chat.now, 10)


async def let_go(chat: Chat, promise: Promise) -> bool:
    async with chat.database.begin() as connection:
        return await promises.let_go(connection, promise, KEPT_BY, chat.now)


async def known(chat: Chat) -> int:
    """How many promises of the chat's channel are known."""
    return len(await chat.rows(select(PromiseRow.event_id).where(PromiseRow.channel_id == chat.channel.id)))


async def answer_by(chat: Chat) -> Sequence[object]:
    """What the event says of how it is answered."""
    query = select(Event.payload["details"]["answer_by"]).where(Event.channel_id == chat.channel.id, ~Event.ours)
    return [row[0] for row in await chat.rows(query)]


async def answered_in(chat: Chat, state: DeliveryState) -> None:
    """The turn's reply is a part that answers by the promise, and stands so; the turn goes on."""
    begun = await chat.begin()
    (part,) = await chat.plan(begun)
    async with chat.database.begin() as connection:
        changed = update(DeliveryRow).where(DeliveryRow.id == part.id)
        await connection.execute(changed.values(payload={**KEPT_BY, "content": "hello"}, state=state))


async def test_a_promise_stands_while_its_answer_is_awaited(asked: Chat) -> None:
    assert await claimed(asked) == []
    await asked.begin()
    asked.now += SHOWN_FOR
    assert await claimed(asked) == []
    assert await known(asked) == 1


async def test_what_is_held_is_promised_no_longer(asked: Chat) -> None:
    await asked.control(Control.PAUSE)
    await asked.begin()
    assert await asked.states() == [("held", "paused")]
    (promise,) = await claimed(asked)
    assert (promise.answer_by, promise.attempts) == (BY, 1)
    assert await claimed(asked) == [], "another attempt has it"
    assert await let_go(asked, promise)
    assert await answer_by(asked) == [None], "a later answer is a message"


async def test_what_needs_no_answer_is_promised_none(settings: Settings, shared: Database) -> None:
    silent = await open_chat(settings, shared, "discord", groups="never")
    await ask(silent, is_group=True)
    (promise,) = await claimed(silent)
    assert promise.channel_id == silent.channel.id
    assert await let_go(silent, promise)


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.UNCERTAIN])
async def test_a_part_that_may_stand_there_keeps_the_promise(asked: Chat, state: DeliveryState) -> None:
    await answered_in(asked, state)
    await asked.end(await asked.begin())
    (promise,) = await claimed(asked)
    assert not await let_go(asked, promise)
    assert await known(asked) == 0
    assert await answer_by(asked) == [BY]


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.DROPPED])
async def test_a_part_that_was_not_said_does_not(asked: Chat, state: DeliveryState) -> None:
    await answered_in(asked, state)
    await asked.end(await asked.begin(), EventState.FAILED)
    (promise,) = await claimed(asked)
    assert await let_go(asked, promise)


async def test_an_answer_at_another_command_does_not_either(asked: Chat) -> None:
    begun = await asked.begin()
    await asked.send(begun)
    await asked.end(begun)
    (promise,) = await claimed(asked)
    assert await let_go(asked, promise)


@pytest.mark.parametrize("state", [DeliveryState.PLANNED, DeliveryState.SENDING])
async def test_what_is_being_said_late_is_waited_for(asked: Chat, state: DeliveryState) -> None:
    await answered_in(asked, state)
    asked.now += SHOWN_FOR + timedelta(seconds=1)
    (promise,) = await claimed(asked)
    assert not await let_go(asked, promise)
    assert (await claimed(asked), await known(asked)) == ([], 1)
    asked.now += FORGOTTEN_AFTER
    (promise,) = await claimed(asked)
    assert not await let_go(asked, promise)
    assert await known(asked) == 0


async def test_an_answer_that_takes_too_long_becomes_a_message(asked: Chat) -> None:
    begun = await asked.begin()
    asked.now += SHOWN_FOR + timedelta(seconds=1)
    (promise,) = await claimed(asked)
    assert await let_go(asked, promise)
    async with asked.database.begin() as connection:
        place = await replies.answering(connection, UUID(begun.turn_id), Destination(chat="7"))
    assert place.answer_by == ()


async def test_whoever_dies_after_letting_go_leaves_it_to_the_next(asked: Chat) -> None:
    await asked.control(Control.PAUSE)
    await asked.begin()
    (promise,) = await claimed(asked)
    assert await let_go(asked, promise)
    await asked.control(Control.RESUME, answer_held=True)
    asked.now += LEASE
    (again,) = await claimed(asked)
    assert again.attempts == 2
    assert await let_go(asked, again)


async def test_what_is_held_no_longer_may_be_answered_after_all(asked: Chat) -> None:
    await asked.control(Control.PAUSE)
    await asked.begin()
    (promise,) = await claimed(asked)
    await asked.control(Control.RESUME, answer_held=True)
    assert not await let_go(asked, promise)
    assert (await answer_by(asked), await known(asked)) == ([BY], 1)


async def test_other_platforms_promise_nothing(settings: Settings, shared: Database) -> None:
    chat = await open_chat(settings, shared, "slack")
    await ask(chat)
    assert await known(chat) == 0
