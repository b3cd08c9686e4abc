"""Every way in which Messenger says no, and what it means; over HTTP, by the simulator's faults."""

from datetime import timedelta

import httpx
import pytest

from adapters.errors import (
    AccountHeld,
    CredentialsRefused,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RateLimitedSomewhere,
    RecipientGone,
    Unacceptable,
    Unreachable,
    WindowClosed,
)
from adapters.http import Answer, Http
from adapters.platforms.base import Platform
from adapters.platforms.graph.refusals import error_of, refusal_of
from adapters.platforms.messenger.errors import BY_SUBCODE, MEANINGS, WAITS, FaultOrBlock, FaultOrReview
from tests.adapters.platforms import contract

CONTRACT = contract.MESSENGER
refusal = CONTRACT.refusal


@pytest.fixture
def messenger(http: Http, simulator_url: str) -> Platform:
    return CONTRACT.platform(http, simulator_url)


TABLE: list[tuple[type[OutsideError], tuple[int, ...]]] = [
    (RateLimited, (4, 32, 80006)),
    (RateLimitedSomewhere, (613,)),
    (Unreachable, (1200,)),
    (FaultOrReview, (1,)),
    (FaultOrBlock, (2,)),
    (CredentialsRefused, (101, 190)),
    (NotPermitted, (3, 10, 200, 230, 299, 9)),
    (AccountHeld, (368,)),
    (RecipientGone, (551,)),
    (Unacceptable, (100, 105, 194, 10303)),
    (Unacceptable, (999999,)),
]
FINER: list[tuple[type[OutsideError], tuple[tuple[int, int], ...]]] = [
    (NotPermitted, ((1, 99), (4, 2018354), (9, 2018352), (200, 2018028))),
    (OutcomeUnknown, ((1, 1357046),)),
    (RateLimited, ((4, 2018022),)),
    (CredentialsRefused, ((190, 460), (190, 463), (190, 467), (190, 492))),
    (WindowClosed, ((10, 2018278), (10, 2018065))),
    (RecipientGone, ((10, 2018108), (200, 1545041), (551, 1545041), (100, 2018001))),
    (Unacceptable, ((100, 2018109), (100, 2018047), (100, 2018008), (100, 2018034), (100, 33))),
]
CODES = [(kind, code, None) for kind, codes in TABLE for code in codes]
SUBCODES = [(kind, code, subcode) for kind, codes in FINER for code, subcode in codes]


@pytest.mark.parametrize(("kind", "code", "subcode"), [*CODES, *SUBCODES])
async def test_each_code_has_its_meaning(
    messenger: Platform, control: httpx.AsyncClient, kind: type[OutsideError], code: int, subcode: int | None
) -> None:
    parameters = {"code": code} | ({"error_subcode": subcode} if subcode else {})
    error = await refusal(messenger, control, kind="status", status=400, parameters=parameters)
    assert type(error) is kind
    assert f"error {code}{f'/{subcode}' if subcode else ''}," in str(error)


@pytest.mark.parametrize("code", [2, 190, 999999])
async def test_a_server_that_fails_is_called_again_whatever_it_says(
    messenger: Platform, control: httpx.AsyncClient, code: int
) -> None:
    error = await refusal(messenger, control, kind="status", status=500, parameters={"code": code})
    assert type(error) is Unreachable


def test_the_table_is_tested_whole() -> None:
    assert {code for code in MEANINGS if not 200 <= code <= 299} <= {code for _, codes in TABLE for code in codes}
    assert set(BY_SUBCODE) <= {pair for _, pairs in FINER for pair in pairs}


def test_the_usage_header_says_when_to_come_back() -> None:
    usage = '{"1":[{"type":"messenger","estimated_time_to_regain_access":3}]}'
    refused = refusal_of(Answer(400, {"x-business-use-case-usage": usage}, None), {"error": {"code": 613}})
    error = error_of(refused, "messages", MEANINGS, BY_SUBCODE)
    assert isinstance(error, RateLimited)
    assert error.after == timedelta(minutes=3)


@pytest.mark.parametrize(
    ("retry_after", "minutes", "after"),
    [("600", 3, timedelta(minutes=10)), ("60", 3, timedelta(minutes=3)), ("0", 0, None), ("", 3, timedelta(minutes=3))],
)
def test_neither_header_is_undercut(retry_after: str, minutes: int, after: timedelta | None) -> None:
    usage = f'{{"1":[{{"estimated_time_to_regain_access":{minutes}}}]}}'
    headers = {"retry-after": retry_after, "x-business-use-case-usage": usage}
    assert refusal_of(Answer(400, headers, None), {"error": {"code": 613}}).after == after


def test_limits_that_do_not_say_how_long_are_waited_out_for_half_a_minute_and_longer() -> None:
    refused = refusal_of(Answer(400, {}, None), {"error": {"code": 613}})
    error = error_of(refused, "messages", MEANINGS, BY_SUBCODE, WAITS)
    assert isinstance(error, RateLimited)
    assert [error.backoff.after(attempts).total_seconds() for attempts in (0, 1, 2, 9)] == [30, 60, 120, 600]
