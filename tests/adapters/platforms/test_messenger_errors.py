"""Every way in which Messenger says no, and what it means; over HTTP, by the simulator's faults."""

import time
from datetime import timedelta

import httpx
import pytest

from adapters.errors import (
    CredentialsRefused,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RecipientGone,
    Unacceptable,
    Unreachable,
    WindowClosed,
)
from adapters.http import Answer, Http
from adapters.platforms.base import Payload
from adapters.platforms.graph.refusals import error_of, refusal_of
from adapters.platforms.messenger import Messenger
from adapters.platforms.messenger.errors import BY_SUBCODE, MEANINGS
from tests.adapters.platforms.messenger_payloads import APP, CHANNEL, CONTACT, PAGE, SECRET, TOKEN

PATIENCE_SECONDS = 1.5
CANARY = "canary text of a contact"
PAYLOAD: Payload = {"recipient": {"id": CONTACT}, "messaging_type": "RESPONSE", "message": {"text": CANARY}}


@pytest.fixture
async def messenger(http: Http, control: httpx.AsyncClient, simulator_url: str) -> Messenger:
    registered = {"access_token": TOKEN, "app_id": APP, "app_secret": SECRET}
    (await control.post(f"/messenger/pages/{PAGE}", json=registered)).raise_for_status()
    return Messenger(http, f"{simulator_url}/graph", "v25.0")


async def refusal(messenger: Messenger, control: httpx.AsyncClient, **fault: object) -> OutsideError:
    """What sending raises when it meets this fault."""
    (await control.post("/faults", json={"method": "messages", **fault})).raise_for_status()
    with pytest.raises(OutsideError) as raised:
        await messenger.send(CHANNEL, PAYLOAD, time.monotonic() + PATIENCE_SECONDS)
    return raised.value


TABLE: list[tuple[type[OutsideError], tuple[int, ...]]] = [
    (RateLimited, (613, 4, 32, 80006)),
    (Unreachable, (1, 2, 1200)),
    (CredentialsRefused, (101, 190)),
    (NotPermitted, (3, 10, 200, 230, 299, 9, 368)),
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
    messenger: Messenger, control: httpx.AsyncClient, kind: type[OutsideError], code: int, subcode: int | None
) -> None:
    parameters = {"code": code} | ({"error_subcode": subcode} if subcode else {})
    error = await refusal(messenger, control, kind="status", status=400, parameters=parameters)
    assert type(error) is kind
    assert f"error {code}{f'/{subcode}' if subcode else ''}," in str(error)


def test_the_table_is_tested_whole() -> None:
    assert {code for code in MEANINGS if not 200 <= code <= 299} <= {code for _, codes in TABLE for code in codes}
    assert set(BY_SUBCODE) <= {pair for _, pairs in FINER for pair in pairs}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, None, Unreachable),
        (503, None, Unreachable),
        (504, None, OutcomeUnknown),
        (401, {}, CredentialsRefused),
        (429, {}, RateLimited),
        (400, "<html>", Unacceptable),
    ],
)
async def test_where_there_is_no_code_the_status_speaks(
    messenger: Messenger, control: httpx.AsyncClient, status: int, body: object, kind: type[OutsideError]
) -> None:
    assert type(await refusal(messenger, control, kind="status", status=status, body=body)) is kind


async def test_what_is_said_to_be_passing_is_tried_again(messenger: Messenger, control: httpx.AsyncClient) -> None:
    parameters = {"code": 999999, "is_transient": True}
    assert isinstance(await refusal(messenger, control, kind="status", status=400, parameters=parameters), Unreachable)


async def test_a_wait_that_is_asked_for_is_kept(messenger: Messenger, control: httpx.AsyncClient) -> None:
    error = await refusal(messenger, control, kind="status", status=429, retry_after=35)
    assert isinstance(error, RateLimited)
    assert error.after == timedelta(seconds=35)


def test_the_usage_header_says_when_to_come_back() -> None:
    usage = '{"1":[{"type":"messenger","estimated_time_to_regain_access":3}]}'
    refused = refusal_of(Answer(400, {"x-business-use-case-usage": usage}, None), {"error": {"code": 613}})
    error = error_of(refused, "messages", MEANINGS, BY_SUBCODE)
    assert isinstance(error, RateLimited)
    assert error.after == timedelta(minutes=3)


@pytest.mark.parametrize("kind", ["reset_before_accept", "accept_then_reset", "accept_then_hang", "invalid_json"])
async def test_a_call_without_an_answer_is_in_doubt(
    messenger: Messenger, control: httpx.AsyncClient, kind: str
) -> None:
    await control.post("/messenger/settings", json={"window": False})
    assert type(await refusal(messenger, control, kind=kind)) is OutcomeUnknown


async def test_no_error_tells_what_was_written_or_the_token(messenger: Messenger, control: httpx.AsyncClient) -> None:
    error = await refusal(messenger, control, kind="status", status=400, description=f"invalid: {CANARY}")
    assert not any(secret in str(error) for secret in (CANARY, TOKEN, SECRET, CONTACT))
