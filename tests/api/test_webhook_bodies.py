"""Bodies that no platform sends: each is refused with 4xx or recorded as ignored, and none is an error of ours."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.types import Message

from adapters.database.engine import Database
from api import bodies
from api.problems import Problem
from settings import Settings
from tests.api.door import CHAT, SECRET_HEADER, Door, edited, exchange, open_door, said, status_of
from tests.product import WEBHOOK_SECRET

MEBIBYTE = 1024 * 1024
SECRET = f"{SECRET_HEADER}: {WEBHOOK_SECRET}"
DEEP = 100_000


@pytest.fixture
async def door(settings: Settings, database: Database) -> AsyncIterator[Door]:
    """The API alone, with a bot on Telegram."""
    async with open_door(settings, database, edits="answer", groups="always") as opened:
        yield opened


def message(**fields: object) -> dict[str, object]:
    """An update whose message has these fields."""
    usual = said(1)["message"]
    assert isinstance(usual, dict)
    return {"message": {**usual, **fields}}


NO_UPDATES = {
    "nothing": b"",
    "blank": b" \n ",
    "truncated": b'{"update_id": 1, "message": {"text": "hel',
    "deep list": b"[" * DEEP,
    "deep object": b'{"a":' * DEEP,
    "deep and closed": b'{"update_id":1,"message":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "not UTF-8": b'{"update_id": 1, "message": {"text": "\xff\xfe"}}',
    "UTF-16": json.dumps(said(1)).encode("utf-16"),
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "a list": b"[1, 2]",
    "a number": b"1",
    "null": b"null",
    "a text": b'"update"',
    "no number": b'{"message": {}}',
    "a number of 400 digits": b'{"update_id": 1' + b"0" * 400 + b"}",
    "a number of 10,000 digits": b'{"update_id": 1' + b"0" * 10_000 + b"}",
    "NaN": b'{"update_id": NaN}',
    "true": b'{"update_id": true}',
    "a fraction": b'{"update_id": 1.5}',
    "a number as text": b'{"update_id": "1"}',
    "two documents": b'{"update_id": 1}{"update_id": 2}',
}


async def test_what_is_no_update_is_recorded_as_that_and_holds_nobody_back(door: Door) -> None:
    for name, body in NO_UPDATES.items():
        for _ in range(2):
            assert (await door.post_bytes(body)).status_code == 200, name
    assert await door.events() == [("other", "ignored", "unreadable")] * len(NO_UPDATES)


STRANGE: dict[str, dict[str, object]] = {
    "nothing happened": {},
    "something unheard of": {"levitation": {}},
    "message a number": {"message": 5},
    "message null": {"message": None},
    "message a list": {"message": [said(2)]},
    "message empty": {"message": {}},
    "chat a text": message(chat="7"),
    "chat without id": message(chat={"type": "private"}),
    "chat id too large": message(chat={"id": 2**63, "type": "private"}),
    "chat id a text": message(chat={"id": "seven"}),
    "text a number": message(text=5),
    "text a list": message(text=["a"]),
    "text empty": message(text=""),
    "only NUL": message(text="\x00\x00"),
    "edit without id": {"edited_message": {"chat": {"id": CHAT}, "text": "x", "date": 1}},
    "callback a text": {"callback_query": "yes"},
    "callback empty": {"callback_query": {}},
    "reaction wrong": {"message_reaction": {"chat": {"id": CHAT}, "new_reaction": "no list"}},
    "membership wrong": {"my_chat_member": {"chat": {"id": CHAT}, "new_chat_member": 3}},
    "moved to a text": message(text=None, migrate_to_chat_id="nowhere"),
    "moved to itself": message(text=None, migrate_to_chat_id=CHAT),
    "moved from far": message(text=None, migrate_from_chat_id=-(2**62)),
}


@pytest.mark.slow
async def test_a_strange_update_is_recorded_as_ignored_with_a_reason(door: Door) -> None:
    for number, (name, update) in enumerate(STRANGE.items(), 1):
        assert (await door.post({**update, "update_id": number})).status_code == 200, name
        _, state, reason = (await door.events())[-1]
        assert (state, bool(reason)) == ("ignored", True), name
    assert len(await door.events()) == len(STRANGE)


READABLE: dict[str, tuple[dict[str, object], str]] = {
    "NUL": (message(text="a\x00b"), "ab"),
    "half a surrogate pair": (message(text="a\ud83db"), "a�b"),
    "halves in the wrong order": (message(text="\ude00\ud83d"), "��"),
    "a pair": (message(text="\ud83d\ude00"), "😀"),
    "a name of control characters": (message(**{"from": {"id": 7, "first_name": "\x00\u202e\x1b[2J"}}), "hello"),
    "a name of 1 MB": (message(**{"from": {"id": 7, "first_name": "x" * MEBIBYTE}}), "hello"),
    "a language of garbage": (message(**{"from": {"id": 7, "first_name": "T", "language_code": "\x00" * 99}}), "hello"),
    "a text of 3 MB": (message(text="x" * 3 * MEBIBYTE), "x" * 3 * MEBIBYTE),
    "a date far away": (message(date=253402300799), "hello"),
    "a date before time": (message(date=-1), "hello"),
    "a date out of bounds": (message(date=2**62), "hello"),
    "an answer to garbage": (message(reply_to_message={"message_id": "\x00"}), "hello"),
}


@pytest.mark.slow
async def test_hostile_texts_are_made_storable(door: Door) -> None:
    for number, (name, (update, _)) in enumerate(READABLE.items(), 1):
        assert (await door.post({**update, "update_id": number})).status_code == 200, name
    assert await door.texts() == [text for _, text in READABLE.values()]


async def test_of_a_field_that_comes_twice_the_last_one_counts(door: Door) -> None:
    body = b'{"update_id": 9, ' + json.dumps(said(1)).encode()[1:]
    assert [(await door.post_bytes(body)).status_code, (await door.post(said(1))).status_code] == [200, 200]
    assert await door.texts() == ["hello"]


async def test_an_edit_of_an_unknown_message_is_recorded_as_ignored(door: Door) -> None:
    assert (await door.post(edited(1, 99, "new"))).status_code == 200
    assert await door.events() == [("edit", "ignored", "unknown_chat")]


async def test_a_body_that_is_declared_too_large_is_refused_unread(door: Door) -> None:
    for declared in (4 * MEBIBYTE + 1, 5 * MEBIBYTE, 10**15):
        answer = await door.raw(f"Content-Length: {declared}\nExpect: 100-continue\n{SECRET}")
        assert status_of(answer) == 413


async def test_a_body_of_just_the_limit_is_read(door: Door) -> None:
    body = json.dumps(said(1)).encode()
    assert (await door.post_bytes(body.ljust(4 * MEBIBYTE))).status_code == 200
    assert (await door.post_bytes(body.ljust(4 * MEBIBYTE + 1))).status_code == 413


async def test_an_endless_body_in_pieces_is_refused_where_it_is_too_large(door: Door) -> None:
    piece = f"{64 * 1024:x}\r\n".encode() + b" " * 64 * 1024 + b"\r\n"
    answer = await door.raw(f"Transfer-Encoding: chunked\n{SECRET}", piece * 65)
    assert status_of(answer) == 413


async def test_a_length_that_is_not_the_bodys_is_no_error_of_ours(door: Door) -> None:
    body = json.dumps(said(1)).encode()
    assert status_of(await door.raw(f"Content-Length: {len(body) - 5}\n{SECRET}", body)) == 400
    heads = ("Content-Length: -1", "Content-Length: many", "Content-Length: 1\nContent-Length: 2",
             "Content-Length: 99999999999999999999999", f"Content-Length: {len(body)}\nTransfer-Encoding: chunked",
             "Transfer-Encoding: sideways")  # fmt: skip
    for head in heads:
        assert status_of(await door.raw(f"{head}\n{SECRET}", body)) == 400, head
    assert await door.events() == []


async def test_a_client_that_hangs_up_in_the_middle_leaves_nothing_behind(door: Door) -> None:
    head = f"POST {door.path} HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n{SECRET}\r\n\r\n"
    with pytest.raises(TimeoutError):
        await exchange(door.url, head.encode() + b'{"update_id": 1', within_seconds=0.2)
    assert (await door.post(said(1))).status_code == 200
    assert await door.texts() == ["hello"]


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    request = Request({"type": "http", "headers": []}, receive)
    with pytest.raises(Problem) as refused:
        await bodies.read(request, 10, max_seconds=0.01)
    assert refused.value.status == 408


async def test_a_strange_address_is_no_error_of_ours(door: Door) -> None:
    for target in ("*", "http://elsewhere/webhooks", "//", "/%zz", "/?a=%", "/\xff\xfe"):
        lines = [f"OPTIONS {target} HTTP/1.1", "Host: test", "Origin: https://example.com", "", ""]
        answer = await exchange(door.url, "\r\n".join(lines).encode("latin-1"))
        assert 400 <= status_of(answer) < 500, target
