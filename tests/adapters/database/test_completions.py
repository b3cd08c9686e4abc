"""Completions: one attempt buys at a time, and what was stored is never bought again."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from adapters.database import completions
from adapters.database.completions import LEASE, RENEW_EVERY, Claim
from adapters.database.records import Completion
from tests.adapters.database.chat import Chat


@pytest.fixture
async def turn(chat: Chat) -> UUID:
    """A turn that wants an answer."""
    return UUID((await chat.begin(*await chat.hear("hello"))).turn_id)


async def claim(chat: Chat, turn: UUID, generation: int = 1) -> Claim:
    """Try to become the one who asks the model."""
    async with chat.database.begin() as connection:
        return await completions.claim(connection, turn, generation, chat.now)


async def store(chat: Chat, turn: UUID, lease: int, text: str, *, refused: bool = False) -> bool:
    """Store an answer."""
    async with chat.database.begin() as connection:
        return await completions.store(connection, turn, 1, lease, text, refused=refused, now=chat.now)


async def renew(chat: Chat, turn: UUID, lease: int) -> bool:
    """Keep the lease."""
    async with chat.database.begin() as connection:
        return await completions.renew(connection, turn, 1, lease, chat.now)


async def give_back(chat: Chat, turn: UUID, lease: int) -> None:
    """Give the lease back."""
    async with chat.database.begin() as connection:
        await completions.give_back(connection, turn, 1, lease)


async def row(chat: Chat, turn: UUID) -> tuple[object, ...]:
    """What is stored, and how often the model was called."""
    query = select(Completion.text, Completion.calls).where(Completion.turn_id == turn)
    return (await chat.rows(query))[0]


async def test_the_first_who_asks_may_buy(chat: Chat, turn: UUID) -> None:
    assert await claim(chat, turn) == Claim(1, stored=False, refused=False, ours=True, free_at=None)


async def test_one_of_many_at_once_may_buy(chat: Chat, turn: UUID) -> None:
    found = await asyncio.gather(*(claim(chat, turn) for _ in range(8)))
    assert [item.ours for item in found].count(True) == 1


async def test_the_others_learn_when_to_look_again(chat: Chat, turn: UUID) -> None:
    await claim(chat, turn)
    found = await claim(chat, turn)
    assert (found.ours, found.stored, found.free_at) == (False, False, chat.now + LEASE)


async def test_a_lease_that_ran_out_is_taken_over_with_the_next_number(chat: Chat, turn: UUID) -> None:
    await claim(chat, turn)
    chat.now += LEASE
    assert not (await claim(chat, turn)).ours
    chat.pass_time(milliseconds=1)
    assert await claim(chat, turn) == Claim(2, stored=False, refused=False, ours=True, free_at=None)


async def test_a_lease_that_is_renewed_in_time_is_kept(chat: Chat, turn: UUID) -> None:
    lease = (await claim(chat, turn)).lease
    for _ in range(5):
        chat.now += RENEW_EVERY
        assert await renew(chat, turn, lease)
    chat.now += LEASE - timedelta(milliseconds=1)
    assert not (await claim(chat, turn)).ours


async def test_whoever_lost_the_lease_can_neither_renew_nor_store(chat: Chat, turn: UUID) -> None:
    lost = (await claim(chat, turn)).lease
    chat.now += LEASE + timedelta(milliseconds=1)
    held = (await claim(chat, turn)).lease
    assert not await renew(chat, turn, lost)
    assert not await store(chat, turn, lost, "too late")
    assert await store(chat, turn, held, "in time")
    assert await row(chat, turn) == ("in time", 1)


async def test_giving_a_lost_lease_back_does_not_take_the_successors(chat: Chat, turn: UUID) -> None:
    lost = (await claim(chat, turn)).lease
    chat.now += LEASE + timedelta(milliseconds=1)
    await claim(chat, turn)
    await give_back(chat, turn, lost)
    assert not (await claim(chat, turn)).ours


async def test_what_was_given_back_can_be_bought_at_once(chat: Chat, turn: UUID) -> None:
    lease = (await claim(chat, turn)).lease
    await give_back(chat, turn, lease)
    assert await claim(chat, turn) == Claim(lease + 1, stored=False, refused=False, ours=True, free_at=None)
    assert await row(chat, turn) == (None, 1)


@pytest.mark.parametrize("refused", [False, True])
async def test_what_was_stored_is_found_and_never_bought_again(chat: Chat, turn: UUID, refused: bool) -> None:
    lease = (await claim(chat, turn)).lease
    await store(chat, turn, lease, "bought", refused=refused)
    chat.now += 10 * LEASE
    found = await claim(chat, turn)
    assert (found.ours, found.stored, found.refused) == (False, True, refused)


async def test_an_answer_is_stored_once(chat: Chat, turn: UUID) -> None:
    lease = (await claim(chat, turn)).lease
    assert await store(chat, turn, lease, "first")
    assert not await store(chat, turn, lease, "second")
    assert await row(chat, turn) == ("first", 1)


async def test_each_generation_of_a_turn_is_bought_for_itself(chat: Chat, turn: UUID) -> None:
    lease = (await claim(chat, turn)).lease
    await store(chat, turn, lease, "first")
    assert (await claim(chat, turn, generation=2)).ours
