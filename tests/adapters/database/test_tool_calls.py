"""Calls of tools on record: bought once, begun once, and told of wherever the model could make them again."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adapters.database import completions, tool_calls, voice
from adapters.database.budgets import Call
from adapters.database.engine import Database
from adapters.database.records import Notice
from adapters.database.tool_calls import NewCall, Used
from domain.conversations import Control
from domain.tool_calls import CallOutcome, PlannedCall
from domain.tool_prompts import PastEffect
from domain.turns import Begun
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

HOUR = timedelta(hours=1)
ORDER = NewCall("order", '{"item": "tea"}', effects=True)


@pytest.fixture
async def chat(settings: Settings, database: Database) -> Chat:
    """A chat of which nothing was heard yet."""
    return await open_chat(settings, database)


def call_of(chat: Chat, begun: Begun, lease: int = 1) -> Call:
    """An attempt to have a turn answered."""
    access = chat.access
    return Call(access.workspace_id, access.bot_id, chat.id, UUID(begun.turn_id), begun.generation, lease)


async def store(chat: Chat, call: Call, *wanted: NewCall) -> bool:
    """Store an answer that wants this called."""
    async with chat.database.begin() as connection:
        return await tool_calls.store(connection, call, "", wanted, approval_within=HOUR, now=chat.now)


async def used(chat: Chat, call: Call) -> Used:
    """What a turn has called so far."""
    async with chat.database.begin() as connection:
        return await tool_calls.used(connection, chat.id, call.turn_id, call.generation, chat.now)


async def asking(chat: Chat, *wanted: NewCall) -> tuple[Call, tuple[PlannedCall, ...]]:
    """A turn whose model wants this called."""
    begun = await chat.begin(*await chat.hear("order tea"))
    async with chat.database.begin() as connection:
        claim = await completions.claim(connection, UUID(begun.turn_id), begun.generation, chat.now)
    call = call_of(chat, begun, claim.lease)
    assert await store(chat, call, *wanted)
    return call, (await used(chat, call)).waiting


async def start(chat: Chat, planned: PlannedCall) -> int:
    """Begin a call."""
    async with chat.database.begin() as connection:
        return await tool_calls.start(connection, UUID(planned.id), chat.now + timedelta(seconds=10), chat.now)


async def end(chat: Chat, planned: PlannedCall, lease: int, outcome: CallOutcome) -> bool:
    """End a call."""
    async with chat.database.begin() as connection:
        return await tool_calls.end(connection, UUID(planned.id), lease, outcome, "{}", chat.now)


async def in_flight(chat: Chat) -> bool:
    """Whether a stop has to wait."""
    async with chat.database.begin() as connection:
        return await voice.in_flight(connection, chat.id, chat.now)


async def test_an_answer_that_wants_calls_is_stored_by_who_holds_the_lease_alone(chat: Chat) -> None:
    call, _ = await asking(chat, ORDER)
    begun = Begun(turn_id=str(call.turn_id), generation=call.generation)
    async with chat.database.begin() as connection:
        assert (await completions.claim(connection, call.turn_id, call.generation, chat.now)).lease == 2
    assert not await store(chat, call_of(chat, begun, 1), ORDER)
    assert await store(chat, call_of(chat, begun, 2), ORDER)
    assert [len(step.calls) for step in (await used(chat, call)).tooling.steps] == [1, 1]


async def test_a_stop_waits_for_an_effect_until_it_ends_or_its_lease_does(chat: Chat) -> None:
    _, (planned,) = await asking(chat, ORDER)
    assert not await in_flight(chat)
    lease = await start(chat, planned)
    assert await in_flight(chat)
    assert await end(chat, planned, lease, CallOutcome.DONE)
    assert not await in_flight(chat)


async def test_an_effect_cannot_be_begun_twice_whoever_tries(chat: Chat) -> None:
    _, (planned,) = await asking(chat, ORDER)
    await start(chat, planned)
    with pytest.raises(IntegrityError, match="begun_once"):
        await start(chat, planned)


async def test_a_call_ends_once_and_only_by_its_newest_attempt(chat: Chat) -> None:
    _, (planned,) = await asking(chat, NewCall("look_up", "{}"))
    first = await start(chat, planned)
    second = await start(chat, planned)
    assert not await end(chat, planned, first, CallOutcome.DONE)
    assert await end(chat, planned, second, CallOutcome.UNKNOWN)
    assert not await end(chat, planned, second, CallOutcome.DONE)
    notices = select(Notice.kind).where(Notice.conversation_id == chat.id)
    assert await chat.rows(notices) == [("tool_outcome_unknown",)]


async def test_an_effect_of_a_stopped_turn_is_told_to_the_next_until_it_is_forgotten(chat: Chat) -> None:
    first, (planned,) = await asking(chat, ORDER)
    await start(chat, planned)
    assert (await used(chat, first)).tooling.done == ()
    await chat.control(Control.PAUSE)
    await chat.control(Control.RESUME)
    second, _ = await asking(chat, NewCall("look_up", "{}"))
    told = PastEffect(name="order", arguments='{"item": "tea"}', outcome=CallOutcome.UNKNOWN)
    assert (await used(chat, second)).tooling.done == (told,)
    async with chat.database.begin() as connection:
        await voice.forget(connection, chat.id, chat.channel.workspace_id)
    assert (await used(chat, second)).tooling.done == ()


async def test_a_call_of_a_turn_that_is_over_is_wanted_no_more(chat: Chat) -> None:
    _, (planned,) = await asking(chat, ORDER)

    async def wanted() -> bool:
        async with chat.database.begin() as connection:
            standing = await tool_calls.stand(connection, UUID(planned.id), stopped=False)
        assert standing is not None
        return standing.wanted

    assert await wanted()
    await chat.control(Control.PAUSE)
    assert not await wanted()
