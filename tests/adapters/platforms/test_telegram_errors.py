"""Every way in which Telegram says no, and what it means; over HTTP, by the simulator's faults."""

import time
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import JsonValue

from adapters.errors import (
    ChangeRefused,
    ChatRateLimited,
    CredentialsRefused,
    FormattingRefused,
    MemberUnknown,
    MessageGone,
    Moved,
    NotAGroup,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RecipientGone,
    Unacceptable,
    Unreachable,
)
from adapters.http import MAX_WAIT, Http
from adapters.platforms.base import Platform
from adapters.platforms.telegram import Telegram
from adapters.platforms.telegram.errors import NEEDLESS, REFUSALS, UNUSABLE_FIELDS
from tests.adapters.platforms import contract
from tests.adapters.platforms.contract import CANARY, PATIENCE_SECONDS
from tests.adapters.platforms.telegram_payloads import CHANNEL, TOKEN
from tests.adapters.wire import answering, serving

CONTRACT = contract.TELEGRAM
refusal = CONTRACT.refusal


@pytest.fixture
def telegram(http: Http, simulator_url: str) -> Platform:
    return CONTRACT.platform(http, simulator_url)


TABLE: list[tuple[int, str, type[OutsideError]]] = [
    (429, "Too Many Requests: retry after 35", ChatRateLimited),
    (500, "Internal Server Error", Unreachable),
    (502, "Bad Gateway", Unreachable),
    (504, "Gateway Timeout", OutcomeUnknown),
    (401, "Unauthorized", CredentialsRefused),
    (404, "Not Found", CredentialsRefused),
    (403, "Forbidden: bot was blocked by the user", RecipientGone),
    (403, "Forbidden: user is deactivated", RecipientGone),
    (403, "Forbidden: bot was kicked from the supergroup chat", RecipientGone),
    (403, "Forbidden: bot is not a member of the channel chat", RecipientGone),
    (403, "Forbidden: bot can't initiate conversation with a user", RecipientGone),
    (403, "Forbidden: the bot can't send messages to the bot", RecipientGone),
    (403, "Forbidden: bots can't send messages to bots", RecipientGone),
    (403, "Forbidden: the group chat was deleted", RecipientGone),
    (403, "FORBIDDEN: BOT WAS BLOCKED BY THE USER", RecipientGone),
    (403, "Forbidden: something new", NotPermitted),
    (400, "Bad Request: chat not found", RecipientGone),
    (400, "bad request: Chat Not Found", RecipientGone),
    (400, "Bad Request: group chat was upgraded to a supergroup chat", RecipientGone),
    *(
        (400, f"Bad Request: {code}", RecipientGone)
        for code in ("PEER_ID_INVALID", "USER_IS_BLOCKED", "INPUT_USER_DEACTIVATED")
    ),
    (400, "Bad Request: not enough rights to send text messages to the chat", NotPermitted),
    (400, "Bad Request: have no rights to send a message", NotPermitted),
    (400, "Bad Request: need administrator rights in the channel chat", NotPermitted),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", NotPermitted),
    (400, "Bad Request: TOPIC_CLOSED", NotPermitted),
    (400, "Bad Request: message thread not found", Unacceptable),
    (400, "Bad Request: message to be replied not found", Unacceptable),
    (
        400,
        "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 5",
        FormattingRefused,
    ),
    (400, "Bad Request: can't parse MessageEntity: Unsupported type specified", FormattingRefused),
    (400, "Bad Request: entity begins after the end of the text at UTF-16 offset 9", FormattingRefused),
    (400, "Bad Request: receive an entity with incorrect offset -1", FormattingRefused),
    (400, "Bad Request: ENTITY_TEXTURL_INVALID", FormattingRefused),
    (400, "Bad Request: ENTITIES_TOO_LONG", FormattingRefused),
    (400, "Bad Request: message is too long", Unacceptable),
    (400, "Bad Request: MESSAGE_TOO_LONG", Unacceptable),
    (400, "Bad Request: message caption is too long", Unacceptable),
    (400, "Bad Request: message text is empty", Unacceptable),
    (400, "Bad Request: MESSAGE_EMPTY", Unacceptable),
    (400, "Bad Request: message to edit not found", MessageGone),
    (400, "Bad Request: message to pin not found", MessageGone),
    (400, "Bad Request: MESSAGE_ID_INVALID", MessageGone),
    (400, "Bad Request: message can't be edited", ChangeRefused),
    (400, "Bad Request: message can't be deleted for everyone", ChangeRefused),
    (400, "Bad Request: can't ban members in private chats", NotAGroup),
    (400, "Bad Request: chat member status can't be changed in private chats", NotAGroup),
    (400, "Bad Request: method is available for supergroup and channel chats only", NotAGroup),
    (400, "Bad Request: method is available only in supergroup and channel chats", NotAGroup),
    (400, "Bad Request: method is available only for supergroups", NotAGroup),
    *((400, f"Bad Request: {said}", MemberUnknown) for said in ("user not found", "member not found")),
    *((400, f"Bad Request: {code}_INVALID", MemberUnknown) for code in ("USER_ID", "PARTICIPANT_ID")),
    (400, "Bad Request: USER_NOT_PARTICIPANT", MemberUnknown),
    (400, "Bad Request: invalid user_id specified", MemberUnknown),
    (400, "Bad Request: can't remove chat owner", NotPermitted),
    (400, "Bad Request: user is an administrator of the chat", NotPermitted),
    (400, "Bad Request: wrong file identifier/HTTP URL specified", Unacceptable),
    (400, "Bad Request: failed to get HTTP URL content", Unacceptable),
    (400, "Bad Request: wrong type of the web page content", Unacceptable),
    (400, "Bad Request: file is too big", Unacceptable),
    (413, "Request Entity Too Large", Unacceptable),
    (400, "Bad Request: something new", Unacceptable),
    (418, "I'm a teapot", Unacceptable),
    (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one instance is running",
        NotPermitted,
    ),
    (409, "Conflict: can't use getUpdates method while webhook is active", NotPermitted),
]


@pytest.mark.parametrize(("status", "description", "expected"), TABLE)
async def test_a_refusal_says_whether_to_try_again(
    telegram: Platform, control: httpx.AsyncClient, status: int, description: str, expected: type[OutsideError]
) -> None:
    error = await refusal(telegram, control, kind="status", status=status, description=description)
    assert isinstance(error, expected)
    assert error.reason == expected.reason


def test_the_table_is_tested_whole() -> None:
    tested = tuple(description.partition(": ")[2].lower() for _, description, _ in TABLE)
    untested = {*REFUSALS, *UNUSABLE_FIELDS} - {
        beginning for beginning in (*REFUSALS, *UNUSABLE_FIELDS) for said in tested if said.startswith(beginning)
    }
    assert not untested


async def test_too_fast_is_told_to_wait_by_the_header(telegram: Platform, control: httpx.AsyncClient) -> None:
    fault = {"kind": "status", "status": 429, "retry_after": 90, "body": "<html>", "retry_after_form": "http_date"}
    before = datetime.now(UTC)
    error = await refusal(telegram, control, **fault)
    passed = datetime.now(UTC) - before
    assert isinstance(error, RateLimited)
    assert error.after is not None
    # The header's date has whole seconds.
    assert timedelta(seconds=89) - passed <= error.after <= timedelta(seconds=90)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(0, timedelta(0)), (-3, timedelta(0)), (10**15, MAX_WAIT), (1.5, timedelta(seconds=1.5)), ("soon", None)],
)
async def test_an_absurd_wait_is_brought_to_reason(
    telegram: Platform, control: httpx.AsyncClient, stated: JsonValue, expected: timedelta | None
) -> None:
    error = await refusal(telegram, control, kind="status", status=429, parameters={"retry_after": stated})
    assert isinstance(error, RateLimited)
    assert error.after == expected


async def test_a_moved_group_tells_its_new_id(telegram: Platform, control: httpx.AsyncClient) -> None:
    parameters = {"migrate_to_chat_id": -1001743869012}
    error = await refusal(telegram, control, kind="status", status=400, parameters=parameters)
    assert isinstance(error, Moved)
    assert error.chat == "-1001743869012"


@pytest.mark.parametrize("said", [*NEEDLESS, "message is not modified: specified new message content is the same"])
async def test_what_is_so_already_is_done(telegram: Platform, control: httpx.AsyncClient, said: str) -> None:
    description = f"Bad Request: {said}"
    await control.post("/faults", json={"kind": "status", "status": 400, "description": description})
    assert (
        await telegram.send(CHANNEL, CONTRACT.payload, time.monotonic() + PATIENCE_SECONDS)
    ).platform_message_id == ""


@pytest.mark.slow
async def test_a_second_try_without_the_topic_keeps_the_deadline(
    telegram: Platform, control: httpx.AsyncClient
) -> None:
    gone = {"kind": "status", "status": 400, "description": "Bad Request: message thread not found"}
    for fault in (gone, {"kind": "hang"}):
        await control.post("/faults", json=fault)
    deadline = time.monotonic() + PATIENCE_SECONDS
    with pytest.raises(OutcomeUnknown):
        await telegram.send(CHANNEL, {**CONTRACT.payload, "message_thread_id": 900}, deadline)
    assert deadline <= time.monotonic() < deadline + PATIENCE_SECONDS
    assert [entry["status"] for entry in (await control.get("/ledger")).json()["items"]] == [400, None]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}', RecipientGone),
        (b'{"ok":false,"error_code":503,"parameters":{"retry_after":3}}', Unreachable),
        (b'{"ok":false,"error_code":504}', OutcomeUnknown),
        (b'{"ok":false}', OutcomeUnknown),
        (b'{"ok":"true","result":{"message_id":1}}', OutcomeUnknown),
    ],
)
async def test_a_refusal_counts_whatever_the_status_says(http: Http, body: bytes, expected: type[OutsideError]) -> None:
    async with serving(answering(200, body)) as wire:
        with pytest.raises(expected):
            await Telegram(http, wire.url).send(CHANNEL, CONTRACT.payload, time.monotonic() + PATIENCE_SECONDS)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"ok":true,"result":{"message_id":1}}', b'{"description":5}']
)
async def test_a_4xx_is_never_taken_for_done(http: Http, body: bytes) -> None:
    async with serving(answering(400, body)) as wire:
        with pytest.raises((Unacceptable, OutcomeUnknown)):
            await Telegram(http, wire.url).send(CHANNEL, CONTRACT.payload, time.monotonic() + PATIENCE_SECONDS)


@pytest.mark.parametrize(
    "description",
    [
        f"Bad Request: can't parse entities: Unsupported start tag {CANARY}",
        f"Bad Request: strange word: {CANARY}",
        f'Bad Request: strange word "{CANARY}"',
        f"Bad Request: strange word '{CANARY}'",
        "Bad Request: chat not found",
        "Unauthorized",
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 409, 429, 500, 504])
async def test_no_error_tells_the_token_or_what_was_said(
    telegram: Platform, control: httpx.AsyncClient, status: int, description: str
) -> None:
    error = await refusal(telegram, control, kind="status", status=status, description=description)
    shown = "".join(traceback.format_exception(error)) + repr(vars(error))
    assert [word for word in (CANARY, TOKEN, TOKEN.partition(":")[2]) if word in shown] == []
