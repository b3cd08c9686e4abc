"""Idleness: only conversations in which nothing waits, and which nobody continues, are found."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import update

from adapters.database import idle, voice
from adapters.database.engine import Database
from adapters.database.tables import BotRow
from domain.conversations import Control
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat


@pytest.fixture
async def alone(settings: Settings, database: Database) -> Chat:
    """A chat in a database where nothing else is idle; its bot closes after two hours."""
    return await open_chat(settings, database, idle={"close_after_hours": 2})


async def found(chat: Chat, most: int = 10) -> list[UUID]:
    """What the sweep finds now."""
    async with chat.database.begin() as connection:
        return [row.id for row in await idle.find(connection, chat.now, most)]


async def is_still(chat: Chat) -> bool:
    """Whether the chat is idle yet."""
    async with chat.database.begin() as connection:
        return await idle.is_still(connection, chat.id, chat.now)


async def answered(chat: Chat) -> None:
    """A message is heard and answered."""
    begun = await chat.begin(*await chat.hear("hello"))
    await chat.send(begun)
    await chat.end(begun)


async def test_a_conversation_is_idle_once_its_bots_time_has_passed(alone: Chat) -> None:
    await answered(alone)
    alone.pass_time(hours=2)
    assert (await found(alone), await is_still(alone)) == ([], False)
    alone.pass_time(seconds=1)
    assert (await found(alone), await is_still(alone)) == ([alone.id], True)


async def test_a_message_that_waits_keeps_a_conversation_open(alone: Chat) -> None:
    await answered(alone)
    await alone.hear("still there?")
    alone.pass_time(hours=3)
    assert (await found(alone), await is_still(alone)) == ([], False)


async def test_a_held_message_keeps_a_conversation_open(alone: Chat) -> None:
    await answered(alone)
    await alone.control(Control.PAUSE)
    await alone.begin(*await alone.hear("hold this"))
    alone.pass_time(hours=3)
    assert await found(alone) == []


async def test_a_running_turn_keeps_a_conversation_open(alone: Chat) -> None:
    await alone.begin(*await alone.hear("hello"))
    alone.pass_time(hours=3)
    assert await found(alone) == []


async def test_a_closed_conversation_is_not_closed_again(alone: Chat) -> None:
    await answered(alone)
    await alone.control(Control.CLOSE)
    alone.pass_time(hours=3)
    assert (await found(alone), await is_still(alone)) == ([], False)


async def test_a_bot_that_never_closes_has_no_idle_conversations(alone: Chat) -> None:
    await answered(alone)
    await alone.settings(idle={"close_after_hours": None})
    alone.pass_time(days=365)
    assert await found(alone) == []


async def test_the_longest_idle_come_first_and_no_more_than_asked_for(alone: Chat) -> None:
    chats = [Chat(alone.database, alone.vault, alone.channel, alone.access, name=name) for name in "abc"]
    for chat in chats:
        chat.now = alone.pass_time(minutes=1)
        await answered(chat)
    alone.pass_time(hours=3)
    assert await found(alone, most=2) == [chats[0].id, chats[1].id]


async def test_each_bot_has_its_own_time(alone: Chat, settings: Settings) -> None:
    patient = await open_chat(settings, alone.database, idle={"close_after_hours": 48})
    for chat in (alone, patient):
        await answered(chat)
    alone.pass_time(hours=3)
    assert await found(alone) == [alone.id]
    alone.pass_time(hours=48)
    assert set(await found(alone)) == {alone.id, patient.id}


async def test_a_message_that_comes_between_finding_and_closing_is_answered(alone: Chat) -> None:
    await answered(alone)
    alone.pass_time(hours=3)
    assert await found(alone) == [alone.id]
    said = await alone.hear("wait!")
    assert not await is_still(alone)
    assert (await alone.begin(*said)).turn == 2


async def test_whoever_closes_waits_for_a_message_that_is_being_recorded(alone: Chat) -> None:
    await answered(alone)
    alone.pass_time(hours=3)

    async def close_if_idle() -> bool:
        async with alone.database.begin() as connection:
            return await idle.is_still(connection, alone.id, alone.now) and await voice.control(
                connection, alone.id, alone.channel.workspace_id, Control.CLOSE, now=alone.now
            )

    _, said = await asyncio.gather(close_if_idle(), alone.hear("wait!"))
    assert (await alone.begin(*said)).turn == 2


async def test_settings_without_an_idle_time_close_nothing(alone: Chat) -> None:
    """A row that an older version wrote may lack what this one knows."""
    await answered(alone)
    async with alone.database.begin() as connection:
        await connection.execute(update(BotRow).values(settings={"name": "Ada"}))
    alone.pass_time(days=365)
    assert await found(alone) == []
