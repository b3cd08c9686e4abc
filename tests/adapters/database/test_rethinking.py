"""What is edited or deleted while the model works: the turn begins anew, or ends, unless its reply is bound already."""

import asyncio
from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import insert, select

from adapters.database import events, ledger, tool_calls, transcripts
from adapters.database.budgets import Call
from adapters.database.records import Message, VerdictRow
from adapters.database.tool_records import ToolStep
from domain.events import EventKind
from domain.turns import Begun, ReplyKind
from tests.adapters.database.chat import Chat, until_waiting_for_a_lock

IDS = {"first": "1", "second": "2"}


async def taken_up(chat: Chat, *texts: str, **bot: JsonValue) -> Begun:
    """A turn that answers these messages."""
    if bot:
        await chat.settings(**bot)
        chat.access = await chat.loaded()
    told = [chat.event(text, platform_message_id=IDS[text]) for text in texts]
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, told, chat.now)
    return await chat.begin(behind=True)


async def change(chat: Chat, kind: EventKind, name: str, text: str = "") -> object:
    """What became of an edit or a deletion of a message."""
    event = chat.event(text, kind=kind, platform_message_id=IDS[name])
    async with chat.database.begin() as connection:
        (item,) = (await events.record(connection, chat.access, [event], chat.now)).new
    return item.reason


async def asked(chat: Chat, begun: Begun) -> list[str]:
    """What the model is asked in the turn."""
    async with chat.database.begin() as connection:
        context = await transcripts.load_context(connection, chat.vault, chat.id, UUID(begun.turn_id))
    assert context is not None
    return [line.text for line in context.lines[-context.members :]]


async def generation(chat: Chat, begun: Begun) -> int | None:
    """The generation in which the turn wants its reply."""
    async with chat.database.begin() as connection:
        return await ledger.open_generation(connection, UUID(begun.turn_id))


def call(chat: Chat, begun: Begun) -> Call:
    """An attempt at asking the model."""
    return Call(chat.access.workspace_id, chat.access.bot_id, chat.id, UUID(begun.turn_id), begun.generation, 1)


async def test_what_is_edited_while_the_model_works_is_answered_as_it_is_now(chat: Chat) -> None:
    begun = await taken_up(chat, "first", "second")
    assert await change(chat, EventKind.EDIT, "first", "corrected") == "applied"
    again = await chat.begin()
    assert (again.turn_id, again.generation, again.members, again.reply) == (begun.turn_id, 2, 2, None)
    assert await asked(chat, again) == ["corrected", "second"]


async def test_an_edit_that_changes_nothing_has_nothing_begin_anew(chat: Chat) -> None:
    begun = await taken_up(chat, "first")
    assert await change(chat, EventKind.EDIT, "first", "first") == "unchanged"
    assert await generation(chat, begun) == 1


async def test_the_rules_judge_what_a_message_was_edited_to(chat: Chat) -> None:
    begun = await taken_up(chat, "first", moderation={"rules": {"words": ["forbidden"]}})
    assert await change(chat, EventKind.EDIT, "first", "forbidden") == "applied"
    again = await chat.begin()
    assert (again.generation, again.reply, again.reason) == (2, ReplyKind.REFUSAL, "moderation:words")
    query = select(VerdictRow.generation, VerdictRow.action).where(VerdictRow.turn_id == UUID(begun.turn_id))
    assert await chat.rows(query) == [(2, "refuse")]


async def test_a_turn_begins_anew_so_often_and_no_more(chat: Chat) -> None:
    begun = await taken_up(chat, "first", bursts={"max_interrupts": 1})
    found = [await change(chat, EventKind.EDIT, "first", text) for text in ("once", "twice")]
    assert (found, await generation(chat, begun)) == (["applied", "being_answered"], 2)
    assert await chat.rows(select(Message.text).where(Message.conversation_id == chat.id)) == [("twice",)]


@pytest.mark.parametrize("bound", ["planned", "calls"])
@pytest.mark.parametrize("kind", [EventKind.EDIT, EventKind.DELETE])
async def test_what_comes_when_the_reply_is_bound_is_kept_and_says_so(chat: Chat, kind: EventKind, bound: str) -> None:
    begun = await taken_up(chat, "first")
    if bound == "planned":
        await chat.plan(begun)
    else:
        async with chat.database.begin() as connection:
            step = {"turn_id": UUID(begun.turn_id), "generation": 1, "step": 0, "stored_at": chat.now}
            await connection.execute(insert(ToolStep).values(step))
    assert await change(chat, kind, "first", "corrected") == "being_answered"
    assert await generation(chat, begun) == 1
    assert (await chat.states())[0] == ("queued", None)


async def test_a_message_that_is_deleted_while_the_model_works_is_not_answered(chat: Chat) -> None:
    begun = await taken_up(chat, "first", bursts={"max_interrupts": 0})
    assert await change(chat, EventKind.DELETE, "first") == "applied"
    assert await generation(chat, begun) is None
    assert await chat.states() == [("ignored", "withdrawn"), ("ignored", "applied")]
    assert await chat.turns() == [(1, "ignored", "withdrawn")]
    assert (await chat.begin(*await chat.hear("something else"))).turn == 2


async def test_what_is_left_of_a_turn_is_answered_without_what_was_deleted(chat: Chat) -> None:
    begun = await taken_up(chat, "first", "second")
    assert await change(chat, EventKind.DELETE, "first") == "applied"
    again = await chat.begin()
    assert (again.turn_id, again.generation, again.members) == (begun.turn_id, 2, 1)
    assert await asked(chat, again) == ["second"]
    assert await chat.states() == [("ignored", "withdrawn"), ("queued", None), ("ignored", "applied")]


async def test_a_deletion_that_comes_twice_is_one(chat: Chat) -> None:
    begun = await taken_up(chat, "first", "second")
    assert await change(chat, EventKind.DELETE, "first") == "applied"
    assert await change(chat, EventKind.DELETE, "first") == "applied"
    assert await generation(chat, begun) == 2


async def test_an_edit_that_meets_the_calls_of_a_model_waits_to_see_whether_they_are_made(chat: Chat) -> None:
    begun = await taken_up(chat, "first")
    async with chat.database.begin() as connection:
        assert await tool_calls.is_wanted(connection, call(chat, begun))
        edit = asyncio.create_task(change(chat, EventKind.EDIT, "first", "corrected"))
        await until_waiting_for_a_lock(chat.database)
        step = {"turn_id": UUID(begun.turn_id), "generation": 1, "step": 0, "stored_at": chat.now}
        await connection.execute(insert(ToolStep).values(step))
    assert await edit == "being_answered"


@pytest.mark.parametrize("kind", [EventKind.EDIT, EventKind.DELETE])
async def test_calls_are_not_wanted_by_a_turn_that_began_anew_or_ended(chat: Chat, kind: EventKind) -> None:
    begun = await taken_up(chat, "first")
    await change(chat, kind, "first", "corrected")
    async with chat.database.begin() as connection:
        assert not await tool_calls.is_wanted(connection, call(chat, begun))
