"""Calls of Messenger as a whole: who signed them, what is broken in them, and what their neighbours lose by it."""

import json

import pytest

from adapters.platforms.base import Request
from adapters.platforms.graph.signature import SIGNATURE_HEADER
from domain.events import EventKind
from tests.adapters.platforms.messenger_payloads import (
    CONTACT,
    NOW,
    call,
    channel,
    deaf_messenger,
    item,
    read,
    read_bytes,
    said,
    written,
)

BROKEN: list[tuple[object, str]] = [
    (None, "malformed:item"),
    (7, "malformed:item"),
    ([], "malformed:item"),
    ({}, "unsupported:nothing"),
    ({"message": 5}, "unsupported:message"),
    (item(message={}), "unsupported:message"),
    (item(message={"text": "without a name"}), "malformed:message"),
    (item(message={"mid": 5, "text": "x"}), "malformed:message"),
    (item(message={"mid": "m_1"}), "unsupported:message"),
    (item(message={"mid": "m_1", "text": ["x"], "attachments": "y"}), "unsupported:message"),
    ({**said(), "sender": None}, "malformed:message"),
    ({**said(), "sender": {"user_ref": "x"}}, "malformed:message"),
    (item(postback={"mid": "m_1"}), "malformed:postback"),
    (item(reaction={"action": "react"}), "malformed:reaction"),
    (item(message_edit={"text": "x"}), "malformed:message_edit"),
    (item(read={"watermark": "soon"}), "malformed:read"),
    (item(delivery={"mids": [5, None]}), "malformed:delivery"),
    (item(**{"Odd kind!": {}}), "unsupported:unknown"),
]


@pytest.mark.parametrize(("broken", "reason"), BROKEN)
def test_what_is_broken_is_recorded_with_its_reason(broken: object, reason: str) -> None:
    (event,) = read(broken)
    assert event.ignored == reason


def test_every_event_of_a_batch_is_read_whatever_is_beside_it() -> None:
    body = call(said("first"), *(broken for broken, _ in BROKEN), said("last"))
    entries: list[object] = [*body["entry"], 5, {}, {"messaging": "none"}, *call(said("other"))["entry"]]  # type: ignore[misc]  # lists that were just made
    events = read_bytes(json.dumps({**body, "entry": entries}).encode())
    assert [event.key for event in events if event.kind is EventKind.MESSAGE] == ["first", "last", "other"]
    assert [event.ignored for event in events].count("malformed:entry") == 3
    assert len(events) == 3 + 3 + len(BROKEN)


def test_an_entry_may_hold_several_kinds_of_lists() -> None:
    entry = {"id": "1", "messaging": [said("a")], "standby": [said("b")], "changes": [{"field": "feed"}, None]}
    events = read_bytes(json.dumps({"object": "page", "entry": [entry]}).encode())
    assert [event.ignored for event in events] == [None, "standby", "unsupported:feed", "unsupported:unknown"]
    assert {event.account for event in events} == {"1"}


def test_a_repeat_of_what_has_no_name_has_the_same_key() -> None:
    body = json.dumps(written("others")["referral"]).encode()
    assert read_bytes(body)[0].key == read_bytes(body.replace(b'"time": 1772998024523', b'"time": 1'))[0].key


@pytest.mark.parametrize("kind", ["instagram", None, []])
def test_a_call_for_something_else_is_ignored(kind: object) -> None:
    (event,) = read_bytes(json.dumps({**call(said()), "object": kind}).encode())
    assert event.ignored == "unsupported:object"


def test_escapes_in_a_signed_body_are_signed_as_they_came() -> None:
    body = (
        b'{"object":"page","entry":[{"id":"1","time":1458692752478,'
        b'"messaging":[{"message":{"mid":"m_1","text":"\\u00e4\\u00f6\\u00e5"}}]}]}'
    )
    header = "sha256=5bad38010e5fc03d0469882dd82932e1db00dd17906c235da98d16409feb150f"
    used = channel(app_secret="test_app_secret")
    (event,) = deaf_messenger().receive(used, Request(headers={SIGNATURE_HEADER: header}, body=body), NOW)
    assert event.ignored == "malformed:message"


def test_a_hostile_text_can_be_stored() -> None:
    (event,) = read(said(text="nul \x00 half \ud800 end"))
    assert (event.text, event.chat) == ("nul  half \ufffd end", CONTACT)
