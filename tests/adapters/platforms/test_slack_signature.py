"""Who is let in: Slack's own example, and everything that comes close to it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from adapters.errors import SignatureMismatch
from adapters.platforms.base import Request
from adapters.platforms.slack.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from domain.events import EventKind
from tests.adapters.platforms.slack_payloads import CHANNEL, FORM_TYPE, SECRET, deaf_slack, signed

# https://docs.slack.dev/authentication/verifying-requests-from-slack
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SECONDS = "1531420618"
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
SIGNED_AT = datetime.fromtimestamp(int(SECONDS), UTC)
HEADERS = {TIMESTAMP_HEADER: SECONDS, SIGNATURE_HEADER: SIGNATURE, "content-type": FORM_TYPE}
ANYWHERE = CHANNEL.model_copy(update={"account": {}})


def test_slacks_own_example_is_signed_the_same() -> None:
    assert sign(SECRET, SECONDS, BODY) == SIGNATURE


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_signed_call_is_let_in_within_five_minutes(seconds: int) -> None:
    (event,) = deaf_slack().receive(
        ANYWHERE, Request(headers=HEADERS, body=BODY), SIGNED_AT + timedelta(seconds=seconds)
    )
    assert (event.kind, event.chat, event.text) == (EventKind.MESSAGE, "G8PSS9T3V", "/webhook-collect")


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_an_old_or_early_call_is_refused(seconds: int) -> None:
    with pytest.raises(SignatureMismatch):
        deaf_slack().receive(ANYWHERE, Request(headers=HEADERS, body=BODY), SIGNED_AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "changed",
    [
        {SIGNATURE_HEADER: SIGNATURE[:-1] + "4"},
        {SIGNATURE_HEADER: SIGNATURE[:-1]},
        {SIGNATURE_HEADER: SIGNATURE.upper()},
        {SIGNATURE_HEADER: SIGNATURE.replace("v0", "v1")},
        {SIGNATURE_HEADER: ""},
        {SIGNATURE_HEADER: "v0=" + "é" * 64},
        {TIMESTAMP_HEADER: "abc"},
        {TIMESTAMP_HEADER: "１５３"},
        {TIMESTAMP_HEADER: "-1531420618"},
        {TIMESTAMP_HEADER: "9" * 40},
        {TIMESTAMP_HEADER: ""},
        {TIMESTAMP_HEADER: "1531420619"},
    ],
)
def test_any_other_header_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(SignatureMismatch):
        deaf_slack().receive(ANYWHERE, Request(headers={**HEADERS, **changed}, body=BODY), SIGNED_AT)


@pytest.mark.parametrize("missing", [TIMESTAMP_HEADER, SIGNATURE_HEADER])
def test_what_carries_no_signature_is_refused_before_its_body_is_read(missing: str) -> None:
    with pytest.raises(SignatureMismatch):
        deaf_slack().admits(CHANNEL, {name: value for name, value in HEADERS.items() if name != missing})


def test_what_looks_signed_may_send_its_body() -> None:
    deaf_slack().admits(CHANNEL, HEADERS)


CHALLENGE = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
ASKED = json.dumps({"token": "x", "challenge": CHALLENGE, "type": "url_verification"}).encode()


def test_the_challenge_is_said_back() -> None:
    reply = deaf_slack().handshake(CHANNEL, signed(ASKED))
    assert reply is not None
    assert (reply.status, reply.content_type, reply.body) == (200, "text/plain", CHALLENGE)


def test_a_challenge_that_slack_did_not_sign_is_refused() -> None:
    with pytest.raises(SignatureMismatch):
        deaf_slack().handshake(CHANNEL, signed(ASKED, secret="another"))


@pytest.mark.parametrize("body", [b"", BODY, b'{"type":"event_callback","event":{"text":"url_verification"}}'])
def test_what_asks_nothing_is_no_handshake(body: bytes) -> None:
    assert deaf_slack().handshake(CHANNEL, signed(body)) is None
