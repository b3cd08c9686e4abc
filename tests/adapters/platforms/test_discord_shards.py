"""Shards: which servers each is told of, how far each was heard, and when their sessions may begin."""

import asyncio
from datetime import timedelta

import pytest
from structlog.stdlib import get_logger

from adapters.errors import Unreachable
from adapters.platforms.discord.shards import Heard, Shard, is_number_of_shards
from adapters.platforms.discord.starts import Starts, Terms, read_terms

GUILD = str((5 << 22) + 7)
URL = "wss://gateway.discord.gg"


def starts(*answers: Terms) -> Starts:
    """Starts of a bot about which Discord says these things one after another."""
    said = iter(answers)

    async def ask() -> Terms:
        return next(said)

    return Starts(ask, get_logger(__name__))


def test_a_server_is_told_to_one_shard_by_its_id() -> None:
    assert [number for number in range(3) if Shard(number=number, of=3).has(GUILD)] == [2]


def test_direct_messages_are_told_to_the_first_shard() -> None:
    assert [number for number in range(3) if Shard(number=number, of=3).has(None)] == [0]


def test_what_another_number_of_shards_heard_of_a_server_still_holds() -> None:
    heard = Heard({Shard(number=0, of=2): 10, Shard(number=1, of=2): 90})
    assert heard.within(GUILD) == 90
    assert heard.within(None) == 10
    assert heard.by(Shard(number=2, of=3)) == 10
    assert heard.and_by(Shard(number=2, of=3), 20).within(GUILD) == 90
    assert heard.and_by(Shard(number=2, of=3), 95).within(GUILD) == 95


def test_who_was_never_heard_has_heard_nothing() -> None:
    assert (Heard({}).by(Shard()), Heard({}).within(GUILD)) == (0, 0)


def test_the_terms_are_read_as_discord_states_them() -> None:
    limit = {"total": 1000, "remaining": 7, "reset_after": 14400000, "max_concurrency": 16}
    terms = read_terms({"url": URL, "shards": 9, "session_start_limit": limit})
    assert terms == Terms(
        url=URL, shards=9, total=1000, remaining=7, reset_after=timedelta(hours=4), concurrency=16
    )  # fmt: skip
    assert [terms.bucket(shard) for shard in (0, 15, 16)] == [0, 15, 0]


def test_terms_without_a_limit_are_those_of_a_small_bot() -> None:
    assert read_terms({"url": URL}) == Terms(url=URL)
    with pytest.raises(Unreachable):
        read_terms({"shards": 1})


async def test_the_next_session_of_a_bucket_waits_until_the_one_before_has_begun_or_given_up() -> None:
    begun = starts(Terms(url=URL, concurrency=2))
    first, other = await begun.turn(0), await begun.turn(1)
    waiting = asyncio.create_task(begun.turn(2))
    _, undecided = await asyncio.wait({waiting}, timeout=0)
    assert undecided == {waiting}
    first.end()
    third = await waiting
    assert first.url == other.url == third.url == URL


async def test_the_last_sessions_of_a_day_are_left_alone() -> None:
    spent = Terms(url="wss://today", total=1000, remaining=50)
    turn = await starts(spent, Terms(url="wss://tomorrow")).turn(0)
    assert turn.url == "wss://tomorrow"


async def test_a_turn_that_was_not_used_is_given_back() -> None:
    begun = starts(Terms(url=URL, total=1000, remaining=51))
    (await begun.turn(0)).end()
    assert (await begun.turn(0)).url == URL


@pytest.mark.parametrize(("value", "is_good"), [(1, True), (1000, True), (0, False), (1001, False), (True, False)])
def test_a_number_of_shards_is_a_whole_one(value: int, is_good: bool) -> None:
    assert is_number_of_shards(value) is is_good
    assert not is_number_of_shards(str(value))
