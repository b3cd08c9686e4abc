"""Only what Discord signed is believed: the published vectors, and everything that is nearly right."""

import pytest

from adapters.errors import SignatureMismatch
from adapters.platforms.base import Reply, Request
from adapters.platforms.discord.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, demand_signature, look_signed
from tests.adapters.platforms.discord_payloads import CHANNEL, PUBLIC_KEY, deaf_discord

TIMESTAMP = "1625603592"
BODY = b'{"type":1}'
SIGNATURE = (
    "758106eedb123290a1e2646da7265dbca341b58135944ea46a5642068d6a3711"
    "c20d8bbae8ca4fed03e9d5a8b080304e31422693404fb6c3241feb454e392e06"
)
GOOD = {SIGNATURE_HEADER: SIGNATURE, TIMESTAMP_HEADER: TIMESTAMP}


def test_the_published_vector_is_accepted() -> None:
    demand_signature(PUBLIC_KEY, GOOD, BODY)


def test_a_key_in_capitals_is_the_same_key() -> None:
    demand_signature(PUBLIC_KEY.upper(), GOOD, BODY)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({**GOOD, TIMESTAMP_HEADER: "1625603593"}, BODY),
        (GOOD, b'{"type": 1}'),
        (GOOD, b""),
        ({**GOOD, SIGNATURE_HEADER: SIGNATURE[::-1]}, BODY),
        ({**GOOD, SIGNATURE_HEADER: SIGNATURE[:-1]}, BODY),
        ({**GOOD, SIGNATURE_HEADER: SIGNATURE + "0"}, BODY),
        ({**GOOD, SIGNATURE_HEADER: ""}, BODY),
        ({**GOOD, SIGNATURE_HEADER: "é" * 128}, BODY),
        ({**GOOD, SIGNATURE_HEADER: "00" * 64}, BODY),
        ({**GOOD, TIMESTAMP_HEADER: ""}, BODY),
        ({**GOOD, TIMESTAMP_HEADER: "１６２５６０３５９２"}, BODY),
        ({SIGNATURE_HEADER: SIGNATURE}, BODY),
        ({}, BODY),
    ],
)
def test_what_is_nearly_right_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(SignatureMismatch):
        demand_signature(PUBLIC_KEY, headers, body)


@pytest.mark.parametrize("key", ["", "00", "zz" * 32, "ff" * 32, "0" * 64, PUBLIC_KEY[:-1]])
def test_a_key_that_is_none_accepts_nothing(key: str) -> None:
    with pytest.raises(SignatureMismatch):
        demand_signature(key, GOOD, BODY)


def test_a_call_without_a_signature_is_refused_before_its_body_is_read() -> None:
    with pytest.raises(SignatureMismatch):
        look_signed({TIMESTAMP_HEADER: TIMESTAMP})


def test_a_ping_is_answered_with_a_pong() -> None:
    answer = deaf_discord().handshake(CHANNEL, Request(headers=GOOD, body=BODY))
    assert answer == Reply(content_type="application/json", body='{"type": 1}')


def test_a_ping_with_a_bad_signature_is_refused() -> None:
    forged = Request(headers={**GOOD, SIGNATURE_HEADER: SIGNATURE[::-1]}, body=BODY)
    with pytest.raises(SignatureMismatch):
        deaf_discord().handshake(CHANNEL, forged)
