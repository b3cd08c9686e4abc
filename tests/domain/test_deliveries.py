"""The ledger's rules: what a retry does with a part, in every state that it can find it in."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from domain.deliveries import (
    AT_REST,
    LEASE,
    LEASE_MARGIN,
    RECEIPT_WAIT,
    SEND_DEADLINE,
    ClaimDecision,
    DeliveryState,
    Standing,
    decide,
    earlier_doubts,
    is_doubted,
    ready_at,
)
from domain.platforms import Guarantee

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)
Policy = Literal["at_most_once", "at_least_once"]
SEND, WAIT, LEAVE, DOUBT = ClaimDecision.SEND, ClaimDecision.WAIT, ClaimDecision.LEAVE, ClaimDecision.DOUBT
POLICIES: tuple[Policy, ...] = ("at_most_once", "at_least_once")


def planned(retry_in: timedelta | None = None) -> Standing:
    """A part that was not begun, or is to be tried again then."""
    return Standing(state=DeliveryState.PLANNED, retry_at=NOW + retry_in if retry_in is not None else None)


def sending(lease_in: timedelta | None, doubts: int = 0) -> Standing:
    """A part whose attempt's lease ends then."""
    lease = NOW + lease_in if lease_in is not None else None
    return Standing(state=DeliveryState.SENDING, lease_until=lease, doubts=doubts)


def test_a_call_ends_before_its_lease_does() -> None:
    assert SEND_DEADLINE < LEASE


@pytest.mark.parametrize("state", sorted(AT_REST))
@pytest.mark.parametrize("guarantee", list(Guarantee))
@pytest.mark.parametrize("policy", POLICIES)
def test_a_part_at_rest_is_left_alone(state: DeliveryState, guarantee: Guarantee, policy: Policy) -> None:
    assert decide(Standing(state=state), NOW, guarantee, policy) is LEAVE


@pytest.mark.parametrize(
    ("retry_in", "decision"), [(None, SEND), (-MOMENT, SEND), (timedelta(0), SEND), (MOMENT, WAIT)]
)
@pytest.mark.parametrize("guarantee", list(Guarantee))
@pytest.mark.parametrize("policy", POLICIES)
def test_a_planned_part_is_sent_once_its_time_has_come(
    retry_in: timedelta | None, decision: ClaimDecision, guarantee: Guarantee, policy: Policy
) -> None:
    assert decide(planned(retry_in), NOW, guarantee, policy) is decision


@pytest.mark.parametrize("lease_in", [LEASE, timedelta(0), MOMENT - LEASE_MARGIN])
@pytest.mark.parametrize("guarantee", list(Guarantee))
@pytest.mark.parametrize("policy", POLICIES)
def test_a_part_that_another_attempt_may_still_send_is_waited_for(
    lease_in: timedelta, guarantee: Guarantee, policy: Policy
) -> None:
    assert decide(sending(lease_in), NOW, guarantee, policy) is WAIT


@pytest.mark.parametrize(
    ("guarantee", "policy", "doubts", "decision"),
    [
        (Guarantee.TRANSACTION, "at_most_once", 0, SEND),
        (Guarantee.TRANSACTION, "at_least_once", 5, SEND),
        (Guarantee.RECEIPT, "at_most_once", 0, DOUBT),
        (Guarantee.RECEIPT, "at_least_once", 0, SEND),
        (Guarantee.RECEIPT, "at_least_once", 1, DOUBT),
        (Guarantee.READ_BACK, "at_most_once", 0, SEND),
        (Guarantee.READ_BACK, "at_least_once", 5, SEND),
        (Guarantee.POLICY, "at_most_once", 0, DOUBT),
        (Guarantee.POLICY, "at_most_once", 1, DOUBT),
        (Guarantee.POLICY, "at_least_once", 0, SEND),
        (Guarantee.POLICY, "at_least_once", 1, DOUBT),
    ],
)
@pytest.mark.parametrize("lease_in", [LEASE - RECEIPT_WAIT, -RECEIPT_WAIT, None])
def test_a_part_left_half_sent_is_judged_by_guarantee_and_policy(
    lease_in: timedelta | None, guarantee: Guarantee, policy: Policy, doubts: int, decision: ClaimDecision
) -> None:
    assert decide(sending(lease_in, doubts), NOW, guarantee, policy) is decision


@pytest.mark.parametrize("guarantee", [Guarantee.POLICY, Guarantee.READ_BACK])
def test_an_edit_of_what_stands_there_is_made_again_and_is_never_in_doubt(guarantee: Guarantee) -> None:
    edited = sending(-LEASE).model_copy(update={"repeatable": True})
    assert decide(edited, NOW, guarantee, "at_most_once") is SEND
    assert decide(sending(LEASE).model_copy(update={"repeatable": True}), NOW, guarantee, "at_most_once") is WAIT


@pytest.mark.parametrize("guarantee", [Guarantee.POLICY, Guarantee.RECEIPT])
@pytest.mark.parametrize("part", [planned(timedelta(minutes=5)), sending(LEASE)])
def test_a_part_that_is_waited_for_is_decided_when_it_is_ready(part: Standing, guarantee: Guarantee) -> None:
    ready = ready_at(part, guarantee)
    assert ready is not None
    assert decide(part, ready - MOMENT, guarantee, "at_most_once") is WAIT
    assert decide(part, ready, guarantee, "at_most_once") is not WAIT


def test_a_receipt_is_given_half_a_minute_from_the_send_on() -> None:
    begun = NOW
    assert ready_at(sending(LEASE), Guarantee.RECEIPT) == begun + RECEIPT_WAIT
    assert RECEIPT_WAIT > SEND_DEADLINE


@pytest.mark.parametrize(
    ("part", "count"),
    [
        (planned(), 0),
        (Standing(state=DeliveryState.PLANNED, doubts=1), 1),
        (sending(-LEASE), 1),
        (sending(-LEASE, doubts=1), 2),
    ],
)
def test_a_send_that_was_never_heard_of_is_in_doubt_too(part: Standing, count: int) -> None:
    assert (earlier_doubts(part), is_doubted(part)) == (count, count > 0)
