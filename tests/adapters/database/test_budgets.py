"""Budgets: whatever the schedule, calls never take more than a day has, and a worker that dies gives back its part."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from sqlalchemy import delete, select

from adapters.database import budget_days, budgets
from adapters.database.budgets import Call, Paid
from adapters.database.completions import LEASE
from adapters.database.records import Notice, Usage
from adapters.database.spending import Budget, Reservation
from domain.bots import Limits
from domain.budgets import Amount, Verdict
from domain.prices import Tokens
from tests.adapters.database.chat import Chat

TODAY = date(2026, 1, 1)
FITS = Verdict()


@pytest.fixture
async def turn(chat: Chat) -> UUID:
    """A turn that wants an answer."""
    return UUID((await chat.begin(*await chat.hear("hello"))).turn_id)


def call(chat: Chat, turn: UUID, number: int = 1) -> Call:
    """One of many attempts to have it answered."""
    made = chat.channel
    return Call(made.workspace_id, made.bot_id, chat.id, turn, generation=1, lease=number)


async def reserve(chat: Chat, attempt: Call, tokens: int, cost: float | None = None, **limits: object) -> Verdict:
    """Try to reserve so much."""
    wanted, held_to = Amount(tokens=tokens, cost=cost), Limits.model_validate(limits)
    async with chat.database.begin() as connection:
        return await budgets.reserve(connection, attempt, wanted, held_to, chat.now)


async def settle(chat: Chat, attempt: Call, tokens: int, cost: float | None = None, day: date = TODAY) -> None:
    """Say what it came to."""
    paid = Paid("gpt", Tokens(input=tokens - 1, output=1), cost, 1500, day)
    async with chat.database.begin() as connection:
        await budgets.settle(connection, attempt, paid)


async def stands(chat: Chat) -> tuple[int, int]:
    """How many tokens are spent, and how many reserved."""
    async with chat.database.begin() as connection:
        made = chat.channel
        found = await budget_days.standing(connection, made.workspace_id, "bot", made.bot_id, chat.now)
    return found.spent.tokens, found.reserved.tokens


async def test_what_a_call_cost_is_recorded_with_its_owner(chat: Chat, turn: UUID) -> None:
    for _ in range(2):
        await settle(chat, call(chat, turn), 15, 0.25)
    query = select(
        Usage.workspace_id, Usage.bot_id, Usage.conversation_id, Usage.model,
        Usage.input_tokens, Usage.output_tokens, Usage.cost, Usage.duration_ms,
    ).where(Usage.turn_id == turn)  # fmt: skip
    made = chat.channel
    assert await chat.rows(query) == [(made.workspace_id, made.bot_id, chat.id, "gpt", 14, 1, 0.25, 1500)] * 2


async def test_a_call_is_settled_with_what_it_came_to(chat: Chat, turn: UUID) -> None:
    assert await reserve(chat, call(chat, turn), 60, tokens_per_day=100) == FITS
    assert await stands(chat) == (0, 60)
    await settle(chat, call(chat, turn), 40)
    assert await stands(chat) == (40, 0)


async def test_what_others_hold_is_waited_for_and_what_is_spent_is_not(chat: Chat, turn: UUID) -> None:
    await reserve(chat, call(chat, turn, 1), 60, tokens_per_day=100)
    assert await reserve(chat, call(chat, turn, 2), 60, tokens_per_day=100) == Verdict(wait=True)
    await settle(chat, call(chat, turn, 1), 50)
    assert await reserve(chat, call(chat, turn, 2), 60, tokens_per_day=100) == Verdict(exhausted="tokens_per_day")
    assert await reserve(chat, call(chat, turn, 2), 50, tokens_per_day=100) == FITS


async def test_what_is_released_can_be_reserved_again(chat: Chat, turn: UUID) -> None:
    await reserve(chat, call(chat, turn, 1), 60, tokens_per_day=100)
    async with chat.database.begin() as connection:
        await budgets.release(connection, call(chat, turn, 1))
    assert await reserve(chat, call(chat, turn, 2), 60, tokens_per_day=100) == FITS


async def test_what_a_dead_worker_holds_is_free_when_its_lease_is_over(chat: Chat, turn: UUID) -> None:
    await reserve(chat, call(chat, turn, 1), 60, tokens_per_day=100)
    chat.now += LEASE - timedelta(milliseconds=1)
    assert await reserve(chat, call(chat, turn, 2), 60, tokens_per_day=100) == Verdict(wait=True)
    chat.pass_time(milliseconds=1)
    assert await stands(chat) == (0, 0)
    assert await reserve(chat, call(chat, turn, 2), 60, tokens_per_day=100) == FITS
    left = select(Reservation.lease).where(Reservation.turn_id == turn)
    assert await chat.rows(left) == [(2,)]


async def test_a_renewed_reservation_is_kept(chat: Chat, turn: UUID) -> None:
    await reserve(chat, call(chat, turn, 1), 60, tokens_per_day=100)
    for _ in range(3):
        chat.now += LEASE - timedelta(seconds=1)
        async with chat.database.begin() as connection:
            await budgets.renew(connection, call(chat, turn, 1), chat.now)
    assert await stands(chat) == (0, 60)


async def test_a_call_that_ends_after_its_reservation_is_counted_all_the_same(chat: Chat, turn: UUID) -> None:
    await reserve(chat, call(chat, turn, 1), 60, tokens_per_day=100)
    chat.now += LEASE
    await reserve(chat, call(chat, turn, 2), 60, tokens_per_day=100)
    await settle(chat, call(chat, turn, 1), 55)
    assert await stands(chat) == (55, 60)


async def test_the_day_is_new_at_midnight_in_utc_and_a_call_over_it_counts_for_the_old_one(
    chat: Chat, turn: UUID
) -> None:
    chat.pass_time(hours=23, minutes=59, seconds=59)
    assert await reserve(chat, call(chat, turn, 1), 100, tokens_per_day=100) == FITS
    chat.pass_time(seconds=1)
    assert await reserve(chat, call(chat, turn, 2), 100, tokens_per_day=100) == FITS
    await settle(chat, call(chat, turn, 1), 90)
    assert await stands(chat) == (0, 100)
    spent = select(Budget.day, Budget.tokens).where(Budget.owner_id == chat.channel.bot_id).order_by(Budget.day)
    assert await chat.rows(spent) == [(TODAY, 90), (date(2026, 1, 2), 0)]


async def test_a_budget_that_begins_in_the_day_counts_what_was_spent_before(chat: Chat, turn: UUID) -> None:
    await settle(chat, call(chat, turn, 1), 70, 0.5)
    made = select(Usage.created_at).where(Usage.turn_id == turn)
    [(chat.now,)] = await chat.rows(made)  # type: ignore[assignment]  # the row's time
    assert await reserve(chat, call(chat, turn, 2), 40, tokens_per_day=100) == Verdict(exhausted="tokens_per_day")


@pytest.mark.parametrize(
    ("limits", "cost", "verdict"),
    [
        ({"cost_per_day": 1.0}, 1.0, FITS),
        ({"cost_per_day": 1.0}, 1.1, Verdict(exhausted="cost_per_day")),
        ({"cost_per_day": 0}, 0.0, FITS),
        ({"cost_per_day": 0}, 0.1, Verdict(exhausted="cost_per_day")),
        ({"cost_per_day": 1.0}, None, FITS),
        ({"cost_per_day": 0.1, "tokens_per_day": 5}, 1.0, Verdict(exhausted="tokens_per_day")),
    ],
)
async def test_cost_is_held_to_its_limit(
    chat: Chat, turn: UUID, limits: dict[str, float], cost: float | None, verdict: Verdict
) -> None:
    assert await reserve(chat, call(chat, turn), 10, cost, **limits) == verdict


async def test_a_spent_budget_is_told_of_once_a_day(chat: Chat, turn: UUID) -> None:
    for hours in (0, 1, 24):
        chat.now = chat.now + timedelta(hours=hours)
        for _ in range(2):
            await reserve(chat, call(chat, turn), 60, tokens_per_day=50)
    told = select(Notice.details["day"].as_string(), Notice.details["limit"].as_string()).where(
        Notice.kind == "budget_exhausted",
        Notice.details["bot_id"].as_string() == str(chat.channel.bot_id),
    )
    limit: JsonValue = "tokens_per_day"
    assert sorted(await chat.rows(told)) == [("2026-01-01", limit), ("2026-01-02", limit)]


CALLS = st.lists(st.tuples(st.integers(2, 60), st.integers(0, 100)), min_size=2, max_size=12)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(20, 200), calls=CALLS)
async def test_no_schedule_of_calls_at_once_spends_more_than_there_is(
    chat: Chat, turn: UUID, limit: int, calls: list[tuple[int, int]]
) -> None:
    async with chat.database.begin() as connection:
        await connection.execute(delete(Reservation).where(Reservation.bot_id == chat.channel.bot_id))
        await connection.execute(delete(Budget).where(Budget.owner_id == chat.channel.bot_id))

    async def buy(number: int, most: int, percent: int) -> int:
        attempt = call(chat, turn, number)
        while True:
            verdict = await reserve(chat, attempt, most, tokens_per_day=limit)
            if verdict.exhausted:
                return 0
            if not verdict.wait:
                break
            await asyncio.sleep(0)
        came_to = max(most * percent // 100, 1)
        await settle(chat, attempt, came_to)
        return came_to

    bought = await asyncio.gather(*(buy(number, *one) for number, one in enumerate(calls, start=1)))
    assert sum(bought) <= limit
    assert await stands(chat) == (sum(bought), 0)
    refused = [most for (most, _), came_to in zip(calls, bought, strict=True) if not came_to]
    assert all(sum(bought) + most > limit for most in refused)
