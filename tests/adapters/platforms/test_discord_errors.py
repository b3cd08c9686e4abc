"""Every way in which Discord says no, and what it means; over HTTP, by the simulator's faults."""

import time
from datetime import timedelta

import httpx
import pytest
from pydantic import JsonValue, SecretStr

from adapters.errors import (
    Again,
    ChangeRefused,
    ChatRateLimited,
    CredentialsRefused,
    MessageGone,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RecipientGone,
    Unacceptable,
    Unreachable,
)
from adapters.http import Http
from adapters.platforms.base import Platform
from adapters.platforms.discord.errors import MEANINGS
from tests.adapters.platforms import contract
from tests.adapters.platforms.contract import CANARY, PATIENCE_SECONDS
from tests.adapters.platforms.discord_payloads import CHANNEL, TOKEN

CONTRACT = contract.DISCORD
refusal = CONTRACT.refusal


@pytest.fixture
def discord(http: Http, simulator_url: str) -> Platform:
    return CONTRACT.platform(http, simulator_url)


TABLE: list[tuple[int, int, type[OutsideError]]] = [
    *((code, 400, Unreachable) for code in (130000, 110001)),
    *((code, 401, CredentialsRefused) for code in (40001, 50014, 0)),
    (40333, 403, CredentialsRefused),
    *((code, 404, RecipientGone) for code in (10004, 10013)),
    *((code, 403, RecipientGone) for code in (50278, 50007)),
    *((code, 403, NotPermitted) for code in (50001, 50013, 160005, 200000, 240000, 0)),
    *((code, 400, NotPermitted) for code in (50024, 50008)),
    *((code, 400, RateLimited) for code in (20029, 40003, 40062)),
    *((code, 400, ChatRateLimited) for code in (20016, 20028)),
    *((code, 400, Unacceptable) for code in (40094, 50006, 50035, 50109, 40005, 50045, 40060, 99999)),
    *((code, 404, Unacceptable) for code in (10062, 10015, 10008)),
    *((code, 400, Unacceptable) for code in (50027, 30046, 50005)),
    (0, 404, CredentialsRefused),
    (0, 413, Unacceptable),
    (0, 429, RateLimited),
    *((0, status, Unreachable) for status in (500, 502, 503)),
    (0, 504, OutcomeUnknown),
]


@pytest.mark.parametrize(("code", "status", "expected"), TABLE)
async def test_a_refusal_says_whether_to_try_again(
    discord: Platform, control: httpx.AsyncClient, code: int, status: int, expected: type[OutsideError]
) -> None:
    raised = await refusal(discord, control, kind="status", status=status, parameters={"code": code, "message": CANARY})
    assert isinstance(raised, expected)
    assert raised.reason == expected.reason
    assert TOKEN not in str(raised)
    assert CANARY not in str(raised)


def test_the_table_is_tested_whole() -> None:
    # A channel that is unknown may be a person's, and an archived thread is opened: see the tests of sending.
    assert MEANINGS.keys() - {10003, 50083} <= {code for code, _, _ in TABLE}


@pytest.mark.parametrize(
    ("code", "expected"), [(30046, ChangeRefused), (50005, ChangeRefused), (50027, ChangeRefused), (10008, MessageGone)]
)
@pytest.mark.parametrize("method", ["messages.edit", "messages.delete"])
async def test_what_cannot_be_changed_is_told_apart_from_what_is_gone(
    discord: Platform, control: httpx.AsyncClient, method: str, code: int, expected: type[OutsideError]
) -> None:
    await control.post(
        "/faults", json={"kind": "status", "status": 400, "method": method, "parameters": {"code": code}}
    )
    changes, deadline = discord.changes, time.monotonic() + PATIENCE_SECONDS
    assert changes is not None
    changed = changes.edit if method == "messages.edit" else changes.delete
    with pytest.raises(expected) as raised:
        await changed(CHANNEL, CONTRACT.payload, "1", deadline)
    assert type(raised.value) is expected


@pytest.mark.parametrize("code", [50027, 10062, 10015])
async def test_an_interaction_that_is_over_is_answered_by_a_message(
    discord: Platform, control: httpx.AsyncClient, code: int
) -> None:
    await control.post(f"/discord/channels/{CONTRACT.payload['channel_id']}", json={"guild": "9000001"})
    fault = {"kind": "status", "status": 404, "method": "original.edit", "parameters": {"code": code}}
    await control.post("/faults", json=fault)
    payload = {**CONTRACT.payload, "interaction": {"interaction": "786008729715212338", "token": "t"}}
    receipt = await discord.send(CHANNEL, payload, time.monotonic() + PATIENCE_SECONDS)
    assert receipt.platform_message_id


async def test_too_fast_is_told_to_wait_to_the_fraction(discord: Platform, control: httpx.AsyncClient) -> None:
    error = await refusal(discord, control, kind="status", status=429, retry_after=2, parameters={"retry_after": 1.25})
    assert isinstance(error, Again)
    assert error.after == timedelta(seconds=1.25)


async def test_without_a_body_the_header_tells_how_long(discord: Platform, control: httpx.AsyncClient) -> None:
    error = await refusal(discord, control, kind="status", status=429, retry_after=35, body="error code: 1015")
    assert isinstance(error, Again)
    assert error.after == timedelta(seconds=35)


@pytest.mark.parametrize(("told", "is_of_chat"), [({"global": False}, True), ({"global": True}, False), ({}, False)])
async def test_a_wait_holds_for_the_bot_unless_it_is_said_not_to_be_global(
    discord: Platform, control: httpx.AsyncClient, told: dict[str, JsonValue], is_of_chat: bool
) -> None:
    body: dict[str, JsonValue] = {"retry_after": 1.25, **told}
    error = await refusal(discord, control, kind="status", status=429, body=body)
    assert isinstance(error, RateLimited)
    assert isinstance(error, ChatRateLimited) is is_of_chat


async def test_slowmode_is_left_alone_for_a_while(discord: Platform, control: httpx.AsyncClient) -> None:
    error = await refusal(discord, control, kind="status", status=400, parameters={"code": 20016})
    assert isinstance(error, Again)
    assert error.after == timedelta(seconds=5)


async def test_an_unknown_channel_whose_person_is_unknown_too_is_gone(
    discord: Platform, control: httpx.AsyncClient
) -> None:
    await control.post("/faults", json={"kind": "status", "status": 400, "method": "channels.open"})
    with pytest.raises(RecipientGone):
        await discord.send(CHANNEL, {**CONTRACT.payload, "channel_id": "5"}, time.monotonic() + PATIENCE_SECONDS)


@pytest.mark.parametrize("token", ["", "a\n", "a b", "é"])
async def test_a_token_that_no_header_could_hold_is_not_sent(discord: Platform, token: str) -> None:
    channel = CHANNEL.model_copy(update={"credentials": {"bot_token": SecretStr(token)}})
    with pytest.raises(CredentialsRefused):
        await discord.check(channel)
