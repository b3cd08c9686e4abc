"""Meta's signature and handshake: published vectors, and everything that is not one of them."""

import json

import pytest

from adapters.errors import SignatureMismatch
from adapters.platforms.base import Reply
from adapters.platforms.graph.signature import (
    SIGNATURE_HEADER,
    answer_handshake,
    demand_signature,
    look_signed,
)

ESCAPED = (
    rb'{"object":"page","entry":[{"id":"1","time":1458692752478,'
    rb'"messaging":[{"message":{"mid":"m_1","text":"\u00e4\u00f6\u00e5"}}]}]}'
)
VECTORS = [
    (
        "It's a Secret to Everybody",
        b"Hello, World!",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ),
    ("secret", b"test", "0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914"),
    ("test_app_secret", ESCAPED, "5bad38010e5fc03d0469882dd82932e1db00dd17906c235da98d16409feb150f"),
]


@pytest.mark.parametrize(("secret", "body", "digest"), VECTORS)
def test_a_published_signature_is_accepted(secret: str, body: bytes, digest: str) -> None:
    demand_signature(secret, {SIGNATURE_HEADER: f"sha256={digest}"}, body)


def test_the_bytes_are_signed_and_not_their_meaning() -> None:
    secret, body, digest = VECTORS[2]
    rewritten = json.dumps(json.loads(body), ensure_ascii=False).encode()
    with pytest.raises(SignatureMismatch):
        demand_signature(secret, {SIGNATURE_HEADER: f"sha256={digest}"}, rewritten)


@pytest.mark.parametrize(
    "header",
    ["", "sha256=", "sha256=abc", "sha1=" + "0" * 40, "sha256=" + "0" * 63, "sha256=" + "ä" * 64, "\udcff" * 71],
)
def test_a_header_that_holds_no_signature_is_refused_before_the_body_is_read(header: str) -> None:
    with pytest.raises(SignatureMismatch):
        look_signed({SIGNATURE_HEADER: header})


def test_a_call_without_the_header_is_refused() -> None:
    with pytest.raises(SignatureMismatch):
        look_signed({"x-hub-signature": "sha1=" + "0" * 40})


def ask(**given: str) -> dict[str, str]:
    """The question of a handshake."""
    return {
        "hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "ok",
        **{f"hub.{name}": value for name, value in given.items()},
    }  # fmt: skip


def test_who_knows_the_token_gets_the_challenge_back() -> None:
    assert answer_handshake("ok", ask()) == Reply(status=200, body="1158201444")


@pytest.mark.parametrize(
    ("token", "query"),
    [
        ("ok", ask(verify_token="no")),
        ("ok", ask(mode="unsubscribe")),
        ("", ask(verify_token="")),
        ("ok", ask(verify_token="ö")),
        ("ok", {"hub.challenge": "1158201444", "hub.verify_token": "ok"}),
    ],
)
def test_who_does_not_is_refused(token: str, query: dict[str, str]) -> None:
    assert answer_handshake(token, query) == Reply(status=403)


def test_what_does_not_ask_gets_no_answer() -> None:
    assert answer_handshake("ok", {}) is None
