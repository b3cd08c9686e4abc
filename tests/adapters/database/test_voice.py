"""Who has the voice: a control holds from its commit, wherever the turn stands, and nothing is left without an end."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from adapters.database import events, handovers, ledger, voice
from adapters.database.records import DeliveryRow, Event, Message
from adapters.database.tables import BotRow, Conversation
from domain.conversations import Control
from domain.deliveries import LEASE, DeliveryState
from domain.turns import Begun
from tests.adapters.database.chat import Chat

STOPS = [Control.PAUSE, Control.TAKEOVER, Control.CLOSE]
REASON = {Control.PAUSE: "paused", Control.TAKEOVER: "handed_over", Control.CLOSE: "closed"}


def unanswered(wanted: Control) -> tuple[str, str]:
    """How a message stands that got no part of an answer."""
    return ("ignored" if wanted is Control.CLOSE else "held", REASON[wanted])


async def open_turn(chat: Chat) -> Begun:
    """A turn that answers one message."""
    return await chat.begin(*await chat.hear("hello"))


async def controls(chat: Chat) -> list[object]:
    """What the workflow will be told of."""
    query = select(Event.payload["details"]["control"].as_string()).order_by(Event.seq)
    return [row[0] for row in await chat.rows(query.where(Event.conversation_id == chat.id, Event.kind == "control"))]


async def conversation(chat: Chat) -> tuple[object, ...]:
    """The voice, and whether it is closed."""
    query = select(Conversation.voice, Conversation.closed_at.is_not(None)).where(Conversation.id == chat.id)
    return (await chat.rows(query))[0]


@pytest.mark.parametrize("wanted", STOPS)
async def test_a_stop_before_any_turn_leaves_waiting_messages_to_begin_and_a_close_ends_them(
    chat: Chat, wanted: Control
) -> None:
    await chat.hear("hello")
    await chat.control(wanted)
    expected = unanswered(wanted) if wanted is Control.CLOSE else ("queued", None)
    assert await chat.states() == [expected]
    assert await controls(chat) == [wanted]


@pytest.mark.parametrize("wanted", STOPS)
async def test_a_stop_before_a_reply_is_planned_ends_the_turn(chat: Chat, wanted: Control) -> None:
    await open_turn(chat)
    await chat.control(wanted)
    assert await chat.turns() == [(1, "stopped", REASON[wanted])]
    assert await chat.states() == [unanswered(wanted)]


@pytest.mark.parametrize("wanted", STOPS)
async def test_a_stop_drops_a_planned_reply_and_ends_the_turn(chat: Chat, wanted: Control) -> None:
    await chat.plan(await open_turn(chat), parts=2)
    await chat.control(wanted)
    assert await chat.ledger() == [("dropped", REASON[wanted])] * 2
    assert await chat.turns() == [(1, "stopped", REASON[wanted])]
    assert await chat.states() == [unanswered(wanted)]


@pytest.mark.parametrize("wanted", STOPS)
async def test_a_stop_lets_the_part_that_is_being_sent_finish_and_drops_the_rest(chat: Chat, wanted: Control) -> None:
    begun = await open_turn(chat)
    first, _ = await chat.plan(begun, parts=2)
    lease = await chat.claim(first)
    await chat.control(wanted)
    assert await chat.ledger() == [("sending", None), ("dropped", REASON[wanted])]
    assert await chat.turns() == [(1, None, None)]
    assert await chat.states() == [("queued", None)]
    await chat.settle(first, lease, DeliveryState.SENT)
    assert await finish(chat, begun) == ("answered", None)
    assert await chat.states() == [("answered", None)]


@pytest.mark.parametrize("wanted", STOPS)
async def test_a_stopped_turn_whose_only_part_was_not_sent_after_all_has_no_answer(chat: Chat, wanted: Control) -> None:
    begun = await open_turn(chat)
    (part,) = await chat.plan(begun)
    lease = await chat.claim(part)
    await chat.control(wanted)
    await chat.settle(part, lease, DeliveryState.FAILED)
    assert await finish(chat, begun) == unanswered(wanted)
    assert await chat.states() == [unanswered(wanted)]


@pytest.mark.parametrize("wanted", STOPS)
@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.UNCERTAIN])
async def test_a_turn_of_which_a_part_arrived_or_may_have_is_answered_when_it_is_stopped(
    chat: Chat, wanted: Control, state: DeliveryState
) -> None:
    first, _ = await chat.plan(await open_turn(chat), parts=2)
    await chat.settle(first, await chat.claim(first), state)
    await chat.control(wanted)
    assert await chat.ledger() == [(state, None), ("dropped", REASON[wanted])]
    assert await chat.states() == [("answered", None)]
    assert await chat.turns() == [(1, "answered", REASON[wanted])]


async def finish(chat: Chat, begun: Begun) -> tuple[object, ...] | None:
    """What whoever sent the last part does: end the turn, if the bot may not speak any more."""
    async with chat.locked() as (connection, floor):
        assert floor.stop is not None
        account = await voice.end_stopped_turn(connection, UUID(begun.turn_id), floor.stop, chat.now)
    return (account.state, account.reason) if account else None


async def test_what_is_held_is_told_to_the_workflow_again_or_ends(chat: Chat) -> None:
    await chat.hear("before")
    for answer_held, expected in ((True, ("received", None)), (False, ("ignored", "not_answered_after_hold"))):
        await chat.control(Control.PAUSE)
        await chat.begin(*await chat.hear("hello"))
        await chat.control(Control.RESUME, answer_held=answer_held)
        assert (await chat.states())[-1] == expected


async def test_held_messages_of_a_stopped_turn_are_answered_in_a_new_one(chat: Chat) -> None:
    said = await chat.hear("one", "two")
    await chat.plan(await chat.begin(*said))
    await chat.control(Control.PAUSE)
    await chat.control(Control.RESUME, answer_held=True)
    begun = await chat.begin(*said)
    assert (begun.turn, begun.members) == (2, 2)
    assert await chat.parts(begun) == []


async def test_closing_changes_nobodys_voice_and_the_next_message_reopens(chat: Chat) -> None:
    await chat.hear("hello")
    await chat.control(Control.TAKEOVER)
    await chat.control(Control.CLOSE)
    assert await conversation(chat) == ("operator", True)
    await chat.hear("me again")
    assert await conversation(chat) == ("operator", False)


async def test_closing_ends_what_was_held(chat: Chat) -> None:
    await chat.hear("hello")
    await chat.control(Control.PAUSE)
    await chat.begin(*await chat.hear("anybody?"))
    await chat.control(Control.CLOSE)
    assert await chat.states() == [("ignored", "closed")] * 2


async def test_controls_travel_in_order_with_what_is_said(chat: Chat) -> None:
    await chat.hear("one", handed_over=False)
    await chat.control(Control.PAUSE)
    await chat.hear("two", handed_over=False)
    await chat.control(Control.RESUME)
    async with chat.database.begin() as connection:
        batch = await handovers.batch(connection, chat.id)
    assert batch is not None
    assert [item.control or item.text for item in batch.items] == ["one", Control.PAUSE, "two", Control.RESUME]


async def test_a_conversation_of_another_workspace_cannot_be_controlled(chat: Chat) -> None:
    await chat.hear("hello")
    async with chat.database.begin() as connection:
        assert not await voice.control(connection, chat.id, uuid4(), Control.PAUSE, now=chat.now)
        assert await voice.say(connection, chat.id, uuid4(), "hello", now=chat.now) is None
        assert not await voice.forget(connection, chat.id, uuid4())
    assert await conversation(chat) == ("bot", False)


async def test_a_stop_waits_for_a_claim_and_no_part_is_claimed_after_it(chat: Chat) -> None:
    """The claim of the first part holds the lock while the stop comes; the second part's claim finds the stop."""
    begun = await open_turn(chat)
    first, _ = await chat.plan(begun, parts=2)
    async with chat.locked() as (connection, _):
        stopping = asyncio.create_task(chat.control(Control.PAUSE))
        await ledger.claim(connection, first, chat.now)
    await stopping
    assert await chat.ledger() == [("sending", None), ("dropped", "paused")]
    async with chat.locked() as (_, floor):
        assert floor.stop == "paused"


async def test_a_part_is_in_flight_until_it_is_settled_or_its_lease_ends(chat: Chat) -> None:
    begun = await open_turn(chat)
    (part,) = await chat.plan(begun)

    async def in_flight() -> bool:
        async with chat.database.begin() as connection:
            return await voice.in_flight(connection, chat.id, chat.now)

    assert not await in_flight()
    lease = await chat.claim(part)
    assert await in_flight()
    chat.now += LEASE
    assert not await in_flight()
    chat.now -= timedelta(seconds=1)
    await chat.settle(part, lease, DeliveryState.SENT)
    assert not await in_flight()


async def test_an_operators_words_are_a_message_and_an_event_of_the_same_id(chat: Chat) -> None:
    await chat.hear("hello")
    await chat.control(Control.CLOSE)
    async with chat.database.begin() as connection:
        said = await voice.say(connection, chat.id, chat.channel.workspace_id, "This is Grace.", now=chat.now)
    messages = select(Message.direction, Message.author, Message.text, Message.reply).where(Message.id == said)
    assert await chat.rows(messages) == [("outbound", "operator", "This is Grace.", f"message:{said}")]
    assert await chat.rows(select(Event.kind, Event.state).where(Event.id == said)) == [("say", "received")]
    assert await conversation(chat) == ("bot", False)


async def test_a_stop_leaves_an_operators_words_alone(chat: Chat) -> None:
    await chat.hear("hello")
    await chat.control(Control.TAKEOVER)
    async with chat.database.begin() as connection:
        said = await voice.say(connection, chat.id, chat.channel.workspace_id, "This is Grace.", now=chat.now)
        floor = await ledger.lock(connection, chat.id)
        assert floor is not None
        assert said is not None
        planned = ledger.Plan(voice.say_key(said), "This is Grace.", "operator", [{"text": "x"}], None, said)
        await ledger.plan(connection, chat.id, floor, planned, DeliveryState.PLANNED)
    await chat.control(Control.PAUSE)
    await chat.control(Control.CLOSE)
    assert await chat.ledger() == [("planned", None)]
    assert await chat.rows(select(Event.state).where(Event.id == said)) == [("received",)]


async def test_a_second_stop_changes_nothing_that_has_ended(chat: Chat) -> None:
    begun = await open_turn(chat)
    await chat.send(begun)
    await chat.control(Control.PAUSE)
    await chat.control(Control.CLOSE)
    assert await chat.states() == [("answered", None)]
    assert await chat.ledger() == [("sent", None)]
    assert await chat.turns() == [(1, "answered", "paused")]


async def test_a_part_that_waits_to_be_tried_again_is_dropped(chat: Chat) -> None:
    (part,) = await chat.plan(await open_turn(chat))
    lease = await chat.claim(part)
    await chat.settle(part, lease, DeliveryState.PLANNED, retry_at=chat.now + timedelta(hours=1))
    await chat.control(Control.PAUSE)
    row = await chat.rows(select(DeliveryRow.state, DeliveryRow.retry_at).where(DeliveryRow.id == part.id))
    assert row == [("dropped", None)]
    assert await chat.states() == [("held", "paused")]


async def test_repeated_events_never_reopen_a_closed_conversation(chat: Chat) -> None:
    told = chat.event("hello")
    for _ in range(2):
        async with chat.database.begin() as connection:
            await events.record(connection, chat.access, [told], chat.now)
        await chat.control(Control.CLOSE)
    async with chat.database.begin() as connection:
        recorded = await events.record(connection, chat.access, [told], chat.now)
    assert recorded.new == ()
    assert await conversation(chat) == ("bot", True)


async def test_a_deleted_bots_turn_ends_without_an_answer(chat: Chat) -> None:
    begun = await open_turn(chat)
    await chat.plan(begun)
    async with chat.database.begin() as connection:
        deleted = update(BotRow).where(BotRow.id == chat.channel.bot_id).values(deleted_at=chat.now)
        await connection.execute(deleted)
    assert await finish(chat, begun) == ("ignored", "bot_deleted")
    assert await chat.states() == [("ignored", "bot_deleted")]
