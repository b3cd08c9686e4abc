"""Bursts: when waiting messages are due, and how many of them one turn answers."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.bursts import BurstPolicy, due_at, members

START = datetime(2026, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """So long after the first message."""
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize("policy", ["queue", "reject"])
def test_who_does_not_wait_for_quiet_is_due_at_once(policy: str) -> None:
    assert due_at(BurstPolicy.model_validate({"policy": policy}), START, after(5)) == START


@pytest.mark.parametrize("policy", ["coalesce", "interrupt"])
def test_a_burst_is_due_when_it_has_been_quiet(policy: str) -> None:
    bursts = BurstPolicy.model_validate({"policy": policy, "quiet": 2, "longest": 10})
    assert due_at(bursts, START, after(3)) == after(5)


def test_a_burst_that_does_not_end_is_due_after_its_longest_time() -> None:
    bursts = BurstPolicy(quiet=timedelta(seconds=2), longest=timedelta(seconds=10))
    assert due_at(bursts, START, after(9.5)) == after(10)


def test_without_a_quiet_time_a_message_is_due_when_it_comes() -> None:
    assert due_at(BurstPolicy(quiet=timedelta(0)), START, after(1)) == after(1)


def test_a_queue_answers_the_oldest_message_alone() -> None:
    assert members(BurstPolicy(policy="queue"), ["one", "two"]) == ("one",)


def test_a_burst_is_answered_together_and_in_order() -> None:
    assert members(BurstPolicy(), ["one", "two", "three"]) == ("one", "two", "three")


@pytest.mark.parametrize("policy", ["queue", "coalesce"])
def test_where_nothing_waits_nothing_is_answered(policy: str) -> None:
    assert members(BurstPolicy.model_validate({"policy": policy}), []) == ()
