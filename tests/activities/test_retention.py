"""Retention: what nobody needs is removed in time, and what is shown or still protects against a repeat is kept."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.testing import ActivityEnvironment

from activities.retention import Pruned, Retention
from adapters.database import completions, events, idempotency, paces, retention, sessions, tool_calls, turns
from adapters.database.audit import no_loss
from adapters.database.base import Base
from adapters.database.budgets import Call
from adapters.database.engine import Database
from adapters.database.paces import Place
from adapters.database.records import Completion, Event, Notice
from adapters.database.tables import IdempotencyKey, WebchatSession
from adapters.database.tool_calls import NewCall
from adapters.database.tool_records import ToolCallRow, ToolStep
from adapters.media.store import MediaStore
from domain.events import EventState
from domain.paces import pace_of
from domain.platforms import PlatformName
from domain.turns import Account
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

KEPT, NOTICES_KEPT = timedelta(days=30), timedelta(days=90)


@pytest.fixture
async def chat(settings: Settings, database: Database) -> Chat:
    """A chat of which nothing was heard yet."""
    return await open_chat(settings, database)


async def pruned(chat: Chat, kept: timedelta = KEPT, **later: float) -> Pruned:
    """A round so much later."""
    now = chat.now + timedelta(**later)
    round_ = Retention(chat.database, MediaStore("never-opened"), kept, NOTICES_KEPT, lambda: now)
    return await ActivityEnvironment().run(round_.prune)


async def hear_receipt(chat: Chat, times: int = 1) -> None:
    """Record what needs no answer."""
    told = [chat.event(kind="receipt", ignored="receipt", occurred_at=chat.now.isoformat()) for _ in range(times)]
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, told, chat.now)


async def answered(chat: Chat) -> UUID:
    """Say something to which a model's answer is stored, and end its turn; the turn."""
    begun = await chat.begin(*await chat.hear("hello"))
    turn = UUID(begun.turn_id)
    async with chat.database.begin() as connection:
        claim = await completions.claim(connection, turn, 1, chat.now)
        await completions.store(connection, turn, 1, claim.lease, "the answer", refused=False, now=chat.now)
        await turns.end(connection, turn, Account(state=EventState.FAILED), chat.now)
    return turn


async def count(database: Database, table: type[Base]) -> int:
    """How many rows there are."""
    async with database.begin() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def test_an_ignored_event_goes_when_its_time_is_over(chat: Chat) -> None:
    await hear_receipt(chat)
    assert (await pruned(chat, days=30)).events == 0
    assert (await pruned(chat, days=30, seconds=1)).events == 1
    assert await count(chat.database, Event) == 0


async def test_no_setting_forgets_a_key_that_a_platform_may_repeat(chat: Chat) -> None:
    await hear_receipt(chat)
    assert (await pruned(chat, timedelta(days=1), days=7, hours=23)).events == 0
    assert (await pruned(chat, timedelta(days=1), days=8, seconds=1)).events == 1


async def test_a_repeat_of_what_was_forgotten_is_not_heard(chat: Chat) -> None:
    told = chat.event("hello", occurred_at=chat.now.isoformat(), ignored="echo")
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, [told], chat.now)
    await pruned(chat, days=31)
    again = told.model_copy(update={"ignored": None})
    async with chat.database.begin() as connection:
        recorded = await events.record(connection, chat.access, [again], chat.now + timedelta(days=31))
    assert [(item.state, item.reason) for item in recorded.new] == [("ignored", "too_old")]


async def test_what_was_said_stays_whatever_became_of_it(chat: Chat) -> None:
    await answered(chat)
    (withdrawn,) = await chat.hear("never mind")
    async with chat.database.begin() as connection:
        ended = update(Event).where(Event.id == withdrawn).values(state="ignored", ended_at=chat.now)
        await connection.execute(ended)
    assert (await pruned(chat, days=1000)).events == 0
    assert await count(chat.database, Event) == 2


async def test_what_waits_stays_however_old_it_is(chat: Chat) -> None:
    await chat.hear("hello", handed_over=False)
    assert (await pruned(chat, days=1000)).events == 0


async def test_the_record_is_in_order_after_it(chat: Chat) -> None:
    await answered(chat)
    await hear_receipt(chat, times=3)
    await pruned(chat, days=31)
    async with chat.database.begin() as connection:
        assert (await no_loss(connection, chat.now)).ok


async def test_more_than_a_batch_is_removed_past_what_stays(chat: Chat) -> None:
    spoken = await chat.hear(*["never mind"] * 10)
    async with chat.database.begin() as connection:
        said = update(Event).where(Event.id.in_(spoken)).values(state="ignored", ended_at=chat.now)
        await connection.execute(said)
        await _many_ignored(connection, chat, retention.MOST * 2)
    assert (await pruned(chat, days=31)).events == retention.MOST * 2
    assert await count(chat.database, Event) == 10


async def _many_ignored(connection: AsyncConnection, chat: Chat, number: int) -> None:
    made = text("""
        INSERT INTO events (id, workspace_id, channel_id, key, kind, state, payload, received_at, ended_at)
        SELECT gen_random_uuid(), :workspace, :channel, 'many:' || number, 'receipt', 'ignored', '{}', :now, :now
        FROM generate_series(1, :number) AS number""")
    given = {"workspace": chat.channel.workspace_id, "channel": chat.channel.id, "now": chat.now, "number": number}
    await connection.execute(made, given)


async def test_a_models_raw_answer_goes_after_its_turn_and_not_before(chat: Chat) -> None:
    await answered(chat)
    open_turn = UUID((await chat.begin(*await chat.hear("and now?"))).turn_id)
    async with chat.database.begin() as connection:
        await completions.claim(connection, open_turn, 1, chat.now)
    assert (await pruned(chat, days=30)).completions == 0
    assert (await pruned(chat, days=31)).completions == 1
    async with chat.database.begin() as connection:
        assert (await connection.scalars(select(Completion.turn_id))).all() == [open_turn]


async def test_a_session_goes_in_which_nothing_was_said(chat: Chat) -> None:
    async with chat.database.begin() as connection:
        silent, speaking = [
            await sessions.create(connection, chat.access.channel.id, None, {}, chat.now) for _ in range(2)
        ]
        await connection.execute(update(WebchatSession).values(created_at=chat.now))
    await answered(chat)
    async with chat.database.begin() as connection:
        named = text("UPDATE conversations SET chat = :chat")
        await connection.execute(named, {"chat": str(speaking.id)})
    assert (await pruned(chat, days=30)).sessions == 0
    assert (await pruned(chat, days=31)).sessions == 1
    async with chat.database.begin() as connection:
        assert await sessions.exists(connection, chat.access.channel.id, speaking.id)
        assert not await sessions.exists(connection, chat.access.channel.id, silent.id)


async def test_notices_go_when_their_own_time_is_over(chat: Chat) -> None:
    async with chat.database.begin() as connection:
        raised = {"workspace_id": chat.channel.workspace_id, "kind": "event_failed", "created_at": chat.now}
        await connection.execute(insert(Notice).values(**raised))
    assert (await pruned(chat, days=90)).notices == 0
    assert (await pruned(chat, days=91)).notices == 1


async def test_idempotency_keys_go_after_a_day(chat: Chat) -> None:
    async with chat.database.begin() as connection:
        for key in ("one", "two", "three"):
            await idempotency.claim(connection, chat.channel.workspace_id, key, ("digest",), chat.now)
        later = chat.now + timedelta(days=1, seconds=1)
        assert await idempotency.remove_expired(connection, later, most=2) == 2
    assert (await pruned(chat, hours=24)).idempotency_keys == 0
    assert (await pruned(chat, hours=25)).idempotency_keys == 1
    assert await count(chat.database, IdempotencyKey) == 0


async def test_a_pace_goes_a_day_after_it_was_of_use(chat: Chat) -> None:
    pace = pace_of(PlatformName.TELEGRAM, "7", {})
    assert pace is not None
    async with chat.database.begin() as connection:
        until = chat.now + timedelta(hours=1)
        await paces.hold(connection, Place(chat.access.channel.id, "7", pace), until, whole=False)
    assert (await pruned(chat, hours=25)).paces == 0
    assert (await pruned(chat, hours=26)).paces == 1


async def test_what_calls_said_goes_and_that_they_were_made_stays(chat: Chat) -> None:
    begun = await chat.begin(*await chat.hear("order tea"))
    turn_id = UUID(begun.turn_id)
    call = Call(chat.access.workspace_id, chat.access.bot_id, chat.id, turn_id, 1, 1)
    async with chat.database.begin() as connection:
        await completions.claim(connection, turn_id, 1, chat.now)
        wanted = [NewCall("order", '{"item": "tea"}', effects=True)]
        assert await tool_calls.store(connection, call, "A moment.", wanted, approval_within=KEPT, now=chat.now)
        await turns.end(connection, turn_id, Account(state=EventState.ANSWERED), chat.now)
    assert (await pruned(chat, days=30)).calls == 0
    assert (await pruned(chat, days=31)).calls == 1
    row = ToolCallRow
    assert await chat.rows(select(row.name, row.arguments)) == [("order", None)]
    assert await chat.rows(select(ToolStep.text)) == []


async def test_a_second_round_finds_nothing(chat: Chat) -> None:
    await answered(chat)
    await hear_receipt(chat)
    assert await pruned(chat, days=31) == Pruned(events=1, completions=1)
    assert await pruned(chat, days=31) == Pruned()
