"""Calls of WhatsApp as a whole: who signed them, what is broken in them, and what their neighbours lose by it."""

import json

from domain.events import Attachment, EventKind
from tests.adapters.platforms.whatsapp_payloads import (
    CONTACT,
    call,
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


def test_an_unheard_of_kind_of_media_field_breaks_nothing() -> None:
    (event,) = read(message(type="image", image={"id": 5, "caption": ["x"], "mime_type": {}}))
    assert event.attachments == (Attachment(kind="photo"),)
