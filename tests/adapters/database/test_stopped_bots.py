"""A stopped bot: its turns end in every conversation, what comes is held, and a start takes it up again."""

import asyncio
from uuid import uuid4

import pytest

from adapters.database import bots, voice
from domain.conversations import Control
from domain.turns import Begun
from tests.adapters.database.chat import Chat


async def open_turn(chat: Chat) -> Begun:
    """A turn that answers one message."""
    return await chat.begin(*await chat.hear("hello"))


async def stop_bot(chat: Chat) -> None:
    """The bot answers nothing from here on."""
    async with chat.database.begin() as connection:
        assert await voice.stop_bot(connection, chat.channel.bot_id, chat.channel.workspace_id, chat.now)


async def start_bot(chat: Chat, *, answer_held: bool) -> list[object]:
    """The bot answers again."""
    async with chat.database.begin() as connection:
        found = await voice.start_bot(
            connection, chat.channel.bot_id, chat.channel.workspace_id, answer_held=answer_held, now=chat.now
        )
    assert found is not None
    return list(found)


async def test_a_stopped_bots_turns_end_in_every_conversation(chat: Chat) -> None:
    other = Chat(chat.database, chat.vault, chat.channel, chat.access, name="8")
    for each in (chat, other):
        await each.plan(await open_turn(each))
    await stop_bot(chat)
    for each in (chat, other):
        assert await each.states() == [("held", "bot_stopped")]
        assert await each.ledger() == [("dropped", "bot_stopped")]
        async with each.locked() as (_, floor):
            assert floor.stop == "bot_stopped"


async def test_a_started_bot_takes_up_what_was_held_where_it_has_the_voice(chat: Chat) -> None:
    paused = Chat(chat.database, chat.vault, chat.channel, chat.access, name="8")
    await stop_bot(chat)
    for each in (chat, paused):
        await each.begin(*await each.hear("hello"))
    await paused.control(Control.PAUSE)
    assert await start_bot(chat, answer_held=True) == [chat.id]
    assert await chat.states() == [("received", None)]
    assert await paused.states() == [("held", "bot_stopped")]


async def test_a_started_bot_leaves_what_was_held_unanswered(chat: Chat) -> None:
    await stop_bot(chat)
    await chat.begin(*await chat.hear("hello"))
    assert await start_bot(chat, answer_held=False) == []
    assert await chat.states() == [("ignored", "not_answered_after_hold")]
    assert (await chat.begin(*await chat.hear("again"))).turn == 1


async def test_a_bot_of_another_workspace_can_neither_be_stopped_nor_started(chat: Chat) -> None:
    async with chat.database.begin() as connection:
        assert not await voice.stop_bot(connection, chat.channel.bot_id, uuid4(), chat.now)
        started = await voice.start_bot(connection, chat.channel.bot_id, uuid4(), answer_held=True, now=chat.now)
    assert started is None


@pytest.mark.parametrize("answer_held", [True, False])
async def test_what_is_held_while_the_bot_is_started_is_not_forgotten(chat: Chat, answer_held: bool) -> None:
    await stop_bot(chat)
    heard = await chat.hear("hello")
    async with chat.database.begin() as connection:
        started = await voice.start_bot(
            connection, chat.channel.bot_id, chat.channel.workspace_id, answer_held=answer_held, now=chat.now
        )
        # The start has seen nothing held so far, and is not committed: who holds now waits for it.
        holding = asyncio.create_task(chat.begin(*heard))
        done, _ = await asyncio.wait({holding}, timeout=0.5)
        assert started == []
        assert not done
    assert (await holding).turn == 1


async def test_a_deleted_bot_holds_nothing(chat: Chat) -> None:
    await stop_bot(chat)
    await chat.begin(*await chat.hear("hello"))
    async with chat.database.begin() as connection:
        assert await bots.remove(connection, chat.channel.workspace_id, chat.channel.bot_id, chat.now)
    assert await chat.states() == [("ignored", "bot_deleted")]
