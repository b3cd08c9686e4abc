"""Calls of WhatsApp as a whole: who signed them, what is broken in them, and what their neighbours lose by it."""

import json

import pytest

from adapters.errors import SignatureMismatch, Unreadable
from adapters.platforms.base import Request
from adapters.platforms.graph.signature import SIGNATURE_HEADER, sign
from domain.events import Attachment, EventKind
from tests.adapters.platforms.whatsapp_payloads import (
    CHANNEL,
    CONTACT,
    NOW,
    SECRET,
    VERIFY,
    call,
    deaf_whatsapp,
    message,
    read,
    read_bytes,
    recorded,
    value_of,
)


def test_every_event_of_a_batch_is_read_whatever_is_beside_it() -> None:
    broken: list[object] = [None, 7, {}, {"id": "wamid.x"}, {"from": CONTACT}, message("odd", type={}), "text"]
    body = call(value_of(message("first"), *broken, message("last")), None, {"statuses": [None, {"id": "a"}]})
    entries: list[object] = [*body["entry"], 5, {}, {"changes": "none"}, *call(value_of(message("other")))["entry"]]  # type: ignore[misc]  # lists that were just made
    events = read_bytes(json.dumps({**body, "entry": entries}).encode())
    assert [event.key for event in events if event.kind is EventKind.MESSAGE] == ["first", "last", "other"]
    reasons = [str(event.ignored) for event in events if event.kind is not EventKind.MESSAGE]
    assert reasons.count("malformed:message") == 6
    assert reasons.count("malformed:status") == 2
    assert reasons.count("malformed:entry") == 3
    assert reasons.count("malformed:change") == 1


def test_a_repeat_of_what_has_no_name_has_the_same_key() -> None:
    body = json.dumps(recorded("account_update")["account_deleted"]).encode()
    assert read_bytes(body)[0].key == read_bytes(body)[0].key


def test_a_call_for_something_else_is_ignored() -> None:
    (event,) = read_bytes(b'{"object":"page","entry":[{}]}')
    assert event.ignored == "unsupported:object"


@pytest.mark.parametrize("secret", ["other-secret", ""])
def test_a_call_that_another_secret_signed_is_refused(secret: str) -> None:
    body = json.dumps(call(value_of(message()))).encode()
    with pytest.raises(SignatureMismatch):
        deaf_whatsapp().receive(CHANNEL, Request(headers={SIGNATURE_HEADER: sign(secret, body)}, body=body), NOW)


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"\xff", b"[" * 100_000])
def test_a_signed_body_that_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_bytes(body)


def test_the_handshake_is_answered_by_get_alone() -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "17"}
    reply = deaf_whatsapp().handshake(CHANNEL, Request(query=asked))
    assert reply
    assert (reply.status, reply.body) == (200, "17")
    body = b"{}"
    told = Request(query=asked, body=body, headers={SIGNATURE_HEADER: sign(SECRET, body)})
    assert deaf_whatsapp().handshake(CHANNEL, told) is None


def test_an_unheard_of_kind_of_media_field_breaks_nothing() -> None:
    (event,) = read(message(type="image", image={"id": 5, "caption": ["x"], "mime_type": {}}))
    assert event.attachments == (Attachment(kind="photo"),)
