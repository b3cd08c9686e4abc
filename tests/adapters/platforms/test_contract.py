"""The contract that all platforms keep, asked of each of them: who is let in, what is heard, and how sends end."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from adapters.database.promises import PROMISING
from adapters.errors import (
    CredentialsRefused,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    SignatureMismatch,
    Unacceptable,
    Unreachable,
    Unreadable,
)
from adapters.http import Http
from adapters.platforms.base import Destination, Platform, Request, promising
from adapters.platforms.webchat import Webchat
from domain.events import EventKind, InboundEvent
from domain.platforms import Guarantee
from tests.adapters.platforms import slack_payloads, telegram_payloads
from tests.adapters.platforms.contract import CANARY, CONTRACTS, PATIENCE_SECONDS, Contract
from tests.adapters.wire import answering, serving

NOW = slack_payloads.NOW
PROMISED = {
    "telegram": (Guarantee.POLICY, 4.0, 1.5), "slack": (Guarantee.READ_BACK, 100.0, 3.0),
    "discord": (Guarantee.READ_BACK, 8.0, 2.0), "whatsapp": (Guarantee.RECEIPT, 24.0, None),
    "messenger": (Guarantee.RECEIPT, 15.0, None),
}  # fmt: skip
every = pytest.mark.parametrize("contract", CONTRACTS, ids=[contract.name for contract in CONTRACTS])
of_meta = pytest.mark.parametrize("contract", CONTRACTS[-2:], ids=["whatsapp", "messenger"])


@pytest.fixture
def platform(contract: Contract, http: Http, simulator_url: str) -> Platform:
    return contract.platform(http, simulator_url)


def heard(contract: Contract, platform: Platform, name: str = "Ada", sender: object = "7001") -> InboundEvent:
    """The one event of a message that somebody signed for."""
    (event,) = platform.receive(contract.channel, contract.called(contract.said(name, sender)), NOW)
    return event


@every
def test_what_is_signed_for_is_heard(contract: Contract, platform: Platform) -> None:
    event = heard(contract, platform)
    assert (event.kind, event.text, event.ignored) == (EventKind.MESSAGE, "hi", None)
    assert event.sender is not None
    assert (event.sender.external_id, event.sender.name) == ("7001", "Ada" if contract.names_sender else None)


@every
@pytest.mark.parametrize("secret", ["another channel's secret", ""])
def test_another_secret_lets_nobody_in(contract: Contract, platform: Platform, secret: str) -> None:
    call = contract.called(contract.said("Ada", "7001"), secret)
    with pytest.raises(SignatureMismatch):
        platform.receive(contract.channel, call, NOW)
    with pytest.raises(SignatureMismatch):
        platform.receive(contract.without_secret(), call, NOW)


@every
def test_a_changed_byte_is_refused_where_bytes_are_signed(contract: Contract, platform: Platform) -> None:
    call = contract.called(contract.said("Ada", "7001"))
    changed = call.model_copy(update={"body": call.body.replace(b'"hi"', b'"ho"')})
    if contract.signs_body:
        with pytest.raises(SignatureMismatch):
            platform.receive(contract.channel, changed, NOW)
    else:
        assert platform.receive(contract.channel, changed, NOW)[0].text == "ho"


@every
def test_a_call_without_headers_is_refused_before_its_body_is_read(contract: Contract, platform: Platform) -> None:
    with pytest.raises(SignatureMismatch):
        platform.admits(contract.channel, {})
    with pytest.raises(SignatureMismatch):
        platform.receive(contract.channel, Request(body=b"no JSON"), NOW)


@every
@pytest.mark.parametrize("body", [b"no JSON", b"[]", b"\xff", b"[" * 100_000])
def test_a_signed_body_that_is_no_object_is_unreadable(contract: Contract, platform: Platform, body: bytes) -> None:
    with pytest.raises(Unreadable):
        platform.receive(contract.channel, contract.signed(body, None), NOW)


@every
def test_an_unreadable_body_is_not_quoted(contract: Contract, platform: Platform) -> None:
    with pytest.raises(Unreadable) as refused:
        platform.receive(contract.channel, contract.signed(b'{"id": 1, "text": "my password is hunter2"', None), NOW)
    assert "hunter2" not in str(refused.value)


@every
def test_ids_that_are_numbers_may_be_texts(contract: Contract, platform: Platform) -> None:
    if contract.counted_ids:
        assert heard(contract, platform, sender=7001) == heard(contract, platform, sender="7001")
    else:
        assert heard(contract, platform, sender="7001").chat


@every
def test_a_name_is_shown_without_what_nobody_sees(contract: Contract, platform: Platform) -> None:
    event = heard(contract, platform, name="A\u202eda\n\x00 Love\u200blace")
    assert event.sender is not None
    assert event.sender.name == ("Ada Lovelace" if contract.names_sender else None)


@every
@pytest.mark.parametrize("markdown", ["", " \n"])
def test_nothing_to_say_is_no_part(contract: Contract, platform: Platform, markdown: str) -> None:
    assert platform.render(markdown, Destination(chat="1", reply_to="2")) == ()


@every
def test_whoever_promises_an_answer_can_take_that_back(contract: Contract, platform: Platform) -> None:
    assert (promising(platform) is not None) is (platform.name in PROMISING)


@every
def test_what_it_promises_about_a_doubt_is_what_is_built_on(contract: Contract, platform: Platform) -> None:
    assert (platform.guarantee, platform.typing_every, platform.growing_every) == PROMISED[contract.name]
    assert platform.growing_every is None or platform.changes is not None


@pytest.mark.slow
@every
@pytest.mark.parametrize("kind", ["accept_then_hang", "accept_then_reset", "reset_before_accept", "invalid_json"])
async def test_no_answer_to_what_was_written_is_doubt(
    contract: Contract, platform: Platform, control: httpx.AsyncClient, kind: str
) -> None:
    assert type(await contract.refusal(platform, control, kind=kind)) is OutcomeUnknown


@every
@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, RateLimited), (500, Unreachable), (503, Unreachable), (504, OutcomeUnknown), (401, CredentialsRefused)],
)
async def test_a_status_alone_says_whether_to_try_again(
    contract: Contract, platform: Platform, control: httpx.AsyncClient, status: int, expected: type[OutsideError]
) -> None:
    assert isinstance(await contract.refusal(platform, control, kind="status", status=status, body="<html>"), expected)


@every
async def test_a_wait_that_is_asked_for_is_kept(
    contract: Contract, platform: Platform, control: httpx.AsyncClient
) -> None:
    error = await contract.refusal(platform, control, kind="status", status=429, retry_after=35)
    assert isinstance(error, RateLimited)
    assert error.after == timedelta(seconds=35)


@every
async def test_nothing_is_written_after_the_deadline(
    contract: Contract, platform: Platform, control: httpx.AsyncClient
) -> None:
    with pytest.raises(Unreachable):
        await platform.send(contract.channel, contract.payload, time.monotonic() - 1)
    assert (await control.get("/ledger")).json()["items"] == []


@every
async def test_nobody_listening_means_again(contract: Contract, http: Http) -> None:
    async with serving(answering()) as wire:
        url = wire.url
    with pytest.raises(Unreachable):
        await contract.made(http, url).send(contract.channel, contract.payload, time.monotonic() + PATIENCE_SECONDS)


@every
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"true",
        b'{"ok":true}',
        b'{"id":5.5}',
        b'{"id":"x"}',
        b'{"messages":[]}',
        b'{"messages":[{"id":5}]}',
        b'{"message_id":5}',
    ],
)
async def test_an_answer_that_says_nothing_is_doubt(contract: Contract, http: Http, body: bytes) -> None:
    async with serving(answering(200, body)) as wire:
        adapter = contract.made(http, wire.url)
        with pytest.raises(OutcomeUnknown):
            await adapter.send(contract.channel, contract.payload, time.monotonic() + PATIENCE_SECONDS)


@every
async def test_no_error_tells_what_was_written_or_the_token(
    contract: Contract, platform: Platform, control: httpx.AsyncClient
) -> None:
    fault = {"status": 400, "description": f"invalid: {CANARY}", "parameters": {"code": 100, "message": CANARY}}
    error = await contract.refusal(platform, control, kind="status", **fault)
    assert [secret for secret in (CANARY, contract.token) if secret in str(error)] == []


@every
async def test_a_token_that_is_not_accepted_is_said_to_be_so(
    contract: Contract, platform: Platform, control: httpx.AsyncClient
) -> None:
    await control.post("/faults", json={"kind": "status", "status": 401, "body": {}})
    with pytest.raises(CredentialsRefused):
        await platform.check(contract.channel)


@of_meta
@pytest.mark.parametrize("body", [None, "<html>"])
async def test_a_refusal_without_a_code_is_ours_to_mend(
    contract: Contract, platform: Platform, control: httpx.AsyncClient, body: object
) -> None:
    assert isinstance(await contract.refusal(platform, control, kind="status", status=400, body=body), Unacceptable)


@of_meta
async def test_what_is_said_to_be_passing_is_tried_again(
    contract: Contract, platform: Platform, control: httpx.AsyncClient
) -> None:
    parameters = {"code": 999999, "is_transient": True}
    error = await contract.refusal(platform, control, kind="status", status=400, parameters=parameters)
    assert isinstance(error, Unreachable)


@of_meta
def test_the_handshake_is_answered_by_get_alone(contract: Contract, platform: Platform) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "1158201444"}
    reply = platform.handshake(contract.channel, Request(query=asked))
    assert reply
    assert (reply.status, reply.body) == (200, "1158201444")
    told = contract.signed(b"{}", None).model_copy(update={"query": asked})
    assert platform.handshake(contract.channel, told) is None


def test_nobody_calls_a_webhook_of_the_webchat() -> None:
    for call in (Request(), Request(headers={telegram_payloads.HEADER: ""}, body=b"{}")):
        with pytest.raises(SignatureMismatch):
            Webchat().admits(telegram_payloads.CHANNEL, call.headers)
        with pytest.raises(SignatureMismatch):
            Webchat().receive(telegram_payloads.CHANNEL, call, datetime.now(UTC))
