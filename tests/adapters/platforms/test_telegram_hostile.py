"""Telegram's updates when they are broken or hostile: refused as unreadable, or read as far as they can be."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import Unreadable
from domain.events import EventKind
from domain.text import unstorable
from tests.adapters.platforms.spoiling import ANYTHING, UNTIMED, spoiled
from tests.adapters.platforms.telegram_payloads import PAYLOADS, read_bytes, read_message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"update_id":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"update_id": 1, "message": "\xff\xfe"}',
        '{"update_id": 1}'.encode("utf-16"),
        b'{"update_id": 1' + b"0" * 5000 + b"}",
        b'{"update_id": 1' + b"0" * 400 + b"}",
        b"{}",
        b'{"update_id": null}',
        b'{"update_id": true}',
        b'{"update_id": 1.0}',
        b'{"update_id": NaN}',
        b'{"update_id": "1"}',
    ],
)
def test_what_is_no_update_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_bytes(body)


def test_a_byte_order_mark_is_read_over() -> None:
    assert read_bytes(b"\xef\xbb\xbf" + b'{"update_id": 7, "message": {"chat": {"id": 1}, "text": "a"}}').text == "a"


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        ({}, "unsupported:nothing"),
        ({"message": 5}, "malformed:message"),
        ({"message": None}, "malformed:message"),
        ({"message": {"text": "a"}}, "malformed:chat"),
        ({"message": {"text": "a", "chat": {"id": None}}}, "malformed:chat"),
        ({"message": {"text": "a", "chat": {"id": 10**30}}}, "malformed:chat"),
        ({"message": {"text": "a", "chat": {"id": "1\n2"}}}, "malformed:chat"),
        ({"my_chat_member": {}}, "malformed:chat"),
        ({"message_reaction": {}}, "malformed:chat"),
        ({"Hello\u202e World": {}}, "unsupported:unknown"),
    ],
)
def test_an_update_with_a_number_is_recorded_whatever_else_it_holds(update: dict[str, object], reason: str) -> None:
    event = read_bytes(json.dumps({"update_id": 1, **update}).encode())
    assert (event.key, event.kind, event.ignored) == ("1", EventKind.OTHER, reason)


@pytest.mark.parametrize(
    "broken",
    [
        {"from": 5},
        {"from": {"id": 1111111, "first_name": 7, "language_code": ["en"]}},
        {"date": "yesterday"},
        {"date": 10**18},
        {"message_id": None},
        {"entities": "bold"},
        {"entities": [None, {"type": "bot_command"}, {"type": "mention", "offset": -5, "length": 10**18}]},
        {"reply_to_message": []},
        {"photo": "none"},
        {"photo": [None, {"file_id": 5}]},
        {"document": {"file_id": "a", "file_size": float("nan"), "file_name": {}}},
        {"location": {"latitude": float("inf"), "longitude": "east"}},
        {"poll": {"options": [1, {"text": 2}]}},
        {"message_thread_id": {}, "is_topic_message": True},
    ],
)
def test_a_broken_field_does_not_lose_the_message(broken: dict[str, object]) -> None:
    event = read_message(text="still here", **broken)
    assert (event.kind, event.text, event.ignored) == (EventKind.MESSAGE, "still here", None)
    assert event.sender is not None


@pytest.mark.parametrize("chat", [-1001743869012, "-1001743869012"])
def test_ids_may_be_numbers_or_texts(chat: object) -> None:
    event = read_message(text="a", chat={"id": chat, "type": "supergroup"}, message_id="17")
    assert (event.chat, event.platform_message_id) == ("-1001743869012", "17")


def test_a_text_is_made_storable() -> None:
    assert read_message(text="a\x00b\ud800c").text == "ab\ufffdc"


def test_a_message_of_nothing_is_ignored() -> None:
    assert read_message(text="\x00").ignored == "empty"


def test_half_a_pair_does_not_move_a_mention() -> None:
    group = {"id": -5, "type": "group"}
    entity = {"type": "mention", "offset": 2, "length": 13}
    assert read_message(chat=group, text="\x00\ud800@ada_help_bot", entities=[entity]).addressed


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("Ada\u202egnp.exe", "Adagnp.exe"),
        ("  A\x00d\n\ta\u2028 ", "Ad a"),
        ("\u2066\u200b\ufeff", None),
        ("\u200d", None),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a" * 1000, "a" * 198 + " …"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(given_name: str, shown: str | None) -> None:
    event = read_message(text="a", **{"from": {"id": 5, "is_bot": False, "first_name": given_name}})
    assert event.sender is not None
    assert event.sender.name == shown


def test_a_time_that_is_none_is_left_out() -> None:
    assert read_message(text="a", date=0).occurred_at is None
    assert read_message(text="a", date=253370764800).occurred_at == datetime(9999, 1, 1, tzinfo=UTC)


RECORDED = [json.loads(path.read_text()) for path in sorted(PAYLOADS.glob("*.json"))]


@st.composite
def spoiled_updates(draw: st.DrawFn) -> dict[str, object]:
    """A recorded update in which anything may stand anywhere, its number excepted."""
    update = draw(st.sampled_from(RECORDED))
    return {name: value if name == "update_id" else spoiled(draw, value) for name, value in update.items()}


@UNTIMED
@given(spoiled_updates())
def test_whatever_an_update_holds_it_becomes_one_storable_event(update: dict[str, object]) -> None:
    event = read_bytes(json.dumps(update).encode())
    assert event.key == str(update["update_id"])
    assert not unstorable(event.model_dump(mode="json"))
    assert json.loads(event.model_dump_json()) == json.loads(json.dumps(event.model_dump(mode="json"), allow_nan=False))


@UNTIMED
@given(ANYTHING)
def test_any_json_is_an_event_or_unreadable(value: object) -> None:
    try:
        read_bytes(json.dumps({"update_id": 1, "message": value}).encode())
        read_bytes(json.dumps(value).encode())
    except Unreadable:
        return
