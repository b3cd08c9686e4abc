"""What a key may still be used for comes back evenly, and never more than a minute's worth."""

import pytest

from domain.allowances import Allowance, refilled, used, wait_seconds, whole
from domain.offered_models import RateLimits

LIMITS = RateLimits(requests_per_minute=6, tokens_per_minute=600)


def test_a_minute_of_rest_gives_all_back_and_more_gives_no_more() -> None:
    empty = Allowance(requests=0, tokens=0)
    assert refilled(empty, LIMITS, 30) == Allowance(requests=3, tokens=300)
    assert refilled(empty, LIMITS, 60) == refilled(empty, LIMITS, 3600) == whole(LIMITS)
    assert refilled(empty, LIMITS, -5) == empty


@pytest.mark.parametrize(
    ("requests", "tokens", "wanted", "wait"),
    [(6, 600, 600, 0), (1, 100, 100, 0), (0, 600, 1, 10), (0.5, 600, 1, 5), (6, 100, 200, 10), (0, 0, 300, 30)],
)
def test_a_call_waits_for_what_is_missing(requests: float, tokens: float, wanted: int, wait: float) -> None:
    assert wait_seconds(Allowance(requests=requests, tokens=tokens), LIMITS, wanted) == pytest.approx(wait)


def test_a_call_that_is_larger_than_all_there_is_goes_when_all_is_there_and_leaves_a_debt() -> None:
    assert wait_seconds(whole(LIMITS), LIMITS, 6000) == 0
    left = used(whole(LIMITS), 6000)
    assert (left.requests, left.tokens) == (5, -5400)
    assert wait_seconds(left, LIMITS, 600) == pytest.approx(600)


def test_without_a_limit_nothing_waits() -> None:
    nothing = Allowance(requests=0, tokens=0)
    assert wait_seconds(nothing, RateLimits(), 10**6) == 0
    assert wait_seconds(nothing, RateLimits(requests_per_minute=1), 10**6) == 60
