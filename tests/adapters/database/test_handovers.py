"""Handing over: what a signal carries, and that two relays never take up the same conversation."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from adapters.database import events, handovers, voice
from adapters.database.engine import Database
from adapters.database.handovers import Batch
from adapters.database.records import Event
from adapters.database.tables import Conversation
from domain.conversations import Control
from domain.handovers import MAX_BYTES, MAX_ITEMS, MAX_TEXT_BYTES, Handover
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat, until_waiting_for_a_lock

OLD_ENOUGH = timedelta(seconds=1)


@pytest.fixture
async def alone(settings: Settings, database: Database) -> Chat:
    """A chat in a database where there is nothing else to hand over."""
    return await open_chat(settings, database)


async def batch(chat: Chat) -> Batch | None:
    """What would be handed over now."""
    async with chat.database.begin() as connection:
        return await handovers.batch(connection, chat.id)


async def mark(chat: Chat, ids: Sequence[UUID]) -> None:
    """Mark as handed over."""
    async with chat.database.begin() as connection:
        await handovers.mark(connection, ids, chat.now)


async def lease(chat: Chat, most: int = 50) -> list[UUID]:
    """What one relay takes up."""
    async with chat.database.begin() as connection:
        return list(await handovers.lease_left_behind(connection, chat.now, OLD_ENOUGH, most))


async def others(chat: Chat, number: int) -> list[Chat]:
    """So many chats with a message that nobody handed over, the longest waiting first."""
    made = []
    for place in range(number):
        other = Chat(chat.database, chat.vault, chat.channel, chat.access, name=f"other {place}", now=chat.now)
        await other.hear("hello", handed_over=False)
        made.append(other)
        chat.pass_time(seconds=1)
    return made


async def test_everything_unmarked_is_carried_in_order(chat: Chat) -> None:
    said = await chat.hear("one", "two", handed_over=False)
    found = await batch(chat)
    assert found is not None
    assert [(item.id, item.text, item.kind) for item in found.items] == [
        (str(said[0]), "one", "message"),
        (str(said[1]), "two", "message"),
    ]
    assert (found.starts, found.more) == (True, False)


async def test_what_was_marked_is_not_carried_again(chat: Chat) -> None:
    one, two = await chat.hear("one", "two", handed_over=False)
    await mark(chat, [one])
    found = await batch(chat)
    assert found is not None
    assert [item.id for item in found.items] == [str(two)]
    await mark(chat, [two])
    assert await batch(chat) is None
    assert await chat.states() == [("queued", None)] * 2


async def recorded(chat: Chat, *texts: str) -> Batch | None:
    """What the front door hands over of messages that it just recorded, without reading it again."""
    async with chat.database.begin() as connection:
        told = [chat.event(text) for text in texts]
        return (await events.record(connection, chat.access, told, chat.now)).conversations[chat.id]


async def test_what_is_all_that_waits_need_not_be_read_to_be_handed_over(chat: Chat) -> None:
    told = await recorded(chat, "one", "two")
    assert told is not None
    assert replace(told, bot_name="") == replace(await batch(chat) or told, bot_name="")
    assert [item.text for item in told.items] == ["one", "two"]


async def test_what_older_messages_wait_with_is_read_together_with_them(chat: Chat) -> None:
    await chat.hear("one", handed_over=False)
    assert await recorded(chat, "two") is None


async def test_a_message_that_is_recorded_meanwhile_is_not_overlooked(chat: Chat) -> None:
    await chat.hear("earlier")
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, [chat.event("one")], chat.now)
        later = asyncio.create_task(recorded(chat, "two"))
        await until_waiting_for_a_lock(chat.database)
    assert await later is None


async def test_more_than_a_signal_takes_is_read_piece_by_piece(chat: Chat) -> None:
    assert await recorded(chat, *("one" for _ in range(MAX_ITEMS + 1))) is None
    assert await recorded(chat, *("long" * MAX_TEXT_BYTES for _ in range(MAX_BYTES // MAX_TEXT_BYTES + 1))) is None


async def test_the_bots_burst_policy_travels_as_it_is_now(chat: Chat) -> None:
    await chat.hear("one", handed_over=False)
    await chat.settings(bursts={"policy": "queue", "quiet_seconds": 0.25, "longest_seconds": 3})
    found = await batch(chat)
    assert found is not None
    assert found.bursts.model_dump() == {
        "policy": "queue", "quiet": timedelta(seconds=0.25), "longest": timedelta(seconds=3),
    }  # fmt: skip


async def test_a_signal_carries_no_more_than_a_hundred_things(chat: Chat) -> None:
    said = await chat.hear(*(f"number {number}" for number in range(MAX_ITEMS + 1)), handed_over=False)
    found = await batch(chat)
    assert found is not None
    assert ([item.id for item in found.items], found.more) == ([str(item) for item in said[:MAX_ITEMS]], True)
    await mark(chat, said[:MAX_ITEMS])
    rest = await batch(chat)
    assert rest is not None
    assert ([item.id for item in rest.items], rest.more) == ([str(said[-1])], False)


@pytest.mark.parametrize("letter", ["x", "é", '"', "\x01", "😀"])
async def test_a_signal_stays_within_its_bytes_whatever_is_said(chat: Chat, letter: str) -> None:
    await chat.hear(*([letter * 40_000] * 40), handed_over=False)
    found = await batch(chat)
    assert found is not None
    assert all(len(item.text.encode()) <= MAX_TEXT_BYTES for item in found.items)
    assert len(Handover(items=found.items).model_dump_json().encode()) <= MAX_BYTES + 1024
    assert found.more
    assert len(found.items) >= 1


async def test_controls_alone_start_no_workflow(chat: Chat) -> None:
    await chat.hear("one")
    await chat.control(Control.PAUSE)
    found = await batch(chat)
    assert found is not None
    assert ([item.control for item in found.items], found.starts) == ([Control.PAUSE], False)
    await mark(chat, [UUID(found.items[0].id)])
    ended = select(Event.state, Event.reason).where(Event.conversation_id == chat.id, Event.kind == "control")
    assert await chat.rows(ended) == [("ignored", "done")]


async def test_what_an_operator_says_starts_the_workflow(chat: Chat) -> None:
    await chat.hear("one")
    async with chat.database.begin() as connection:
        await voice.say(connection, chat.id, chat.channel.workspace_id, "This is Grace.", now=chat.now)
    found = await batch(chat)
    assert found is not None
    assert ([(item.kind, item.text) for item in found.items], found.starts) == ([("say", "This is Grace.")], True)


async def test_what_is_handed_over_once_more_says_so(chat: Chat) -> None:
    said = await chat.hear("one")
    again = update(Event).where(Event.id.in_(said)).values(state="received")
    async with chat.database.begin() as connection:
        await connection.execute(again)
    found = await batch(chat)
    assert found is not None
    assert [item.again for item in found.items] == [True]


async def test_a_signal_has_the_correlation_of_the_newest_thing_that_it_carries(chat: Chat) -> None:
    said = await chat.hear(*(f"number {number}" for number in range(MAX_ITEMS + 1)), handed_over=False)
    async with chat.database.begin() as connection:
        for place in (MAX_ITEMS - 1, MAX_ITEMS):
            correlated = update(Event).where(Event.id == said[place]).values(correlation_id=f"call {place}")
            await connection.execute(correlated)
    found = await batch(chat)
    assert found is not None
    assert found.correlation_id == f"call {MAX_ITEMS - 1}"


async def test_a_message_that_ended_meanwhile_is_not_marked(chat: Chat) -> None:
    said = await chat.hear("one", handed_over=False)
    await chat.control(Control.CLOSE)
    await mark(chat, said)
    assert await chat.states() == [("ignored", "closed")]


async def test_the_relay_takes_up_what_was_left_behind_and_nothing_else(alone: Chat) -> None:
    left, *_ = await others(alone, 1)
    handed = Chat(alone.database, alone.vault, alone.channel, alone.access, name="handed", now=alone.now)
    await handed.hear("hello")
    fresh = Chat(alone.database, alone.vault, alone.channel, alone.access, name="fresh", now=alone.now)
    await fresh.hear("hello", handed_over=False)
    alone.pass_time(milliseconds=1)
    assert await lease(alone) == [left.id]


async def test_two_relays_at_once_share_the_work(alone: Chat) -> None:
    waiting = await others(alone, 12)
    alone.pass_time(seconds=5)
    found = await asyncio.gather(*(lease(alone) for _ in range(4)))
    taken = [item for each in found for item in each]
    assert sorted(taken) == sorted(each.id for each in waiting)


async def test_a_relay_passes_by_what_another_transaction_holds(alone: Chat) -> None:
    held, free = await others(alone, 2)
    alone.pass_time(seconds=5)
    async with held.locked():
        assert await lease(alone) == [free.id]


async def test_a_lease_ends_and_the_conversation_is_taken_up_again(alone: Chat) -> None:
    (left,) = await others(alone, 1)
    alone.pass_time(seconds=5)
    assert await lease(alone) == [left.id]
    assert await lease(alone) == []
    alone.pass_time(seconds=11)
    assert await lease(alone) == [left.id]


async def test_conversations_that_cannot_be_handed_over_do_not_hold_up_the_others(alone: Chat) -> None:
    first, second, third = await others(alone, 3)
    alone.pass_time(seconds=5)
    assert await lease(alone, most=1) == [first.id]
    assert await lease(alone, most=1) == [second.id]
    assert await lease(alone, most=1) == [third.id]
    assert await lease(alone, most=1) == []


async def test_a_lease_is_noted_on_the_conversation_alone(alone: Chat) -> None:
    (left,) = await others(alone, 1)
    alone.pass_time(seconds=5)
    await lease(alone)
    assert await alone.rows(select(Conversation.relayed_until > alone.now)) == [(True,)]
    assert await left.states() == [("received", None)]
