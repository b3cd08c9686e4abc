"""The client for platforms: what it knows of a request that went wrong, and what it never tells."""

import json
import time
import traceback
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from adapters.errors import OutcomeUnknown, OutsideError, Unreachable
from adapters.http import MAX_ANSWER_BYTES, MAX_WAIT, Http, retry_after, wait_of
from tests.adapters.wire import (
    Behaviour,
    answering,
    closed_port,
    closing,
    cut_short,
    hanging,
    resetting,
    resetting_early,
    serving,
    trickling,
)

SECRET = "7203461589:AAF-secret_token"
CANARY = "canary"
PATH = f"/bot{SECRET}/sendMessage"
NOW = datetime(2025, 7, 22, 6, 0, tzinfo=UTC)
SHORT_SECONDS = 0.4
LOADED_MACHINE_SECONDS = 5


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[Http]:
    client = Http("9.9")
    yield client
    await client.close()


def soon() -> float:
    """A deadline that a test can wait for."""
    return time.monotonic() + SHORT_SECONDS


async def test_an_answer_has_status_headers_and_json(http: Http) -> None:
    async with serving(answering(400, b'{"ok":false}', {"X-Request-Id": "7"})) as wire:
        answer = await http.post(wire.url + PATH, {"text": "hi"})
    assert (answer.status, answer.headers["x-request-id"], answer.json) == (400, "7", {"ok": False})


async def test_a_request_is_json_and_says_who_asks(http: Http) -> None:
    async with serving(answering()) as wire:
        await http.post(wire.url + PATH, {"text": "grüße \ud800"}, headers={"Authorization": "Bot x"})
    head, _, body = wire.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body) == {"text": "grüße \ud800"}
    lines = head.lower().split(b"\r\n")
    assert lines[0] == f"post {PATH} http/1.1".lower().encode()
    assert {b"user-agent: chat-orchestrator/9.9", b"content-type: application/json", b"authorization: bot x"} <= {
        *lines
    }


async def test_another_method_needs_no_body(http: Http) -> None:
    async with serving(answering()) as wire:
        await http.call("GET", wire.url + "/me")
    assert wire.requests[0].startswith(b"GET /me HTTP/1.1\r\n")
    assert b"content-type" not in wire.requests[0].lower()


async def test_connections_are_kept_and_cookies_are_not(http: Http) -> None:
    async with serving(answering(headers={"Set-Cookie": "tenant=a; Path=/"})) as wire:
        await http.post(wire.url + PATH, {})
        await http.post(wire.url + PATH, {})
    assert (wire.connections, b"cookie" in wire.requests[1].lower()) == (1, False)


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    http = Http("0")
    async with serving(answering()) as wire:
        assert (await http.post(wire.url + PATH, {})).status == 200
    await http.close()


async def test_without_a_connection_nothing_was_done(http: Http) -> None:
    with pytest.raises(Unreachable):
        await http.post(f"http://127.0.0.1:{closed_port()}{PATH}", {})


async def test_a_failing_tls_handshake_writes_nothing(http: Http) -> None:
    async with serving(resetting, reads=False) as wire:
        with pytest.raises(Unreachable):
            await http.post(f"https://127.0.0.1:{wire.port}{PATH}", {})


async def test_a_deadline_within_the_tls_handshake_writes_nothing(http: Http) -> None:
    async with serving(hanging, reads=False) as wire:
        with pytest.raises(Unreachable):
            await http.post(f"https://127.0.0.1:{wire.port}{PATH}", {}, deadline=soon())


async def test_a_deadline_that_has_passed_writes_nothing(http: Http) -> None:
    async with serving(answering()) as wire:
        with pytest.raises(Unreachable):
            await http.post(wire.url + PATH, {}, deadline=time.monotonic() - 1)
    assert wire.requests == []


async def test_a_deadline_that_has_passed_writes_nothing_on_an_open_connection_either(http: Http) -> None:
    async with serving(answering()) as wire:
        await http.post(wire.url + PATH, {})
        with pytest.raises(Unreachable):
            await http.post(wire.url + PATH, {}, deadline=time.monotonic())
        await http.post(wire.url + PATH, {})
    assert len(wire.requests) == 2


@pytest.mark.parametrize("behaviour", [resetting, closing])
async def test_a_request_that_was_written_and_not_answered_is_doubt(http: Http, behaviour: Behaviour) -> None:
    async with serving(behaviour) as wire:
        with pytest.raises(OutcomeUnknown):
            await http.post(wire.url + PATH, {})
    assert len(wire.requests) == 1


async def test_a_reset_while_the_request_is_written_is_doubt(http: Http) -> None:
    async with serving(resetting_early, reads=False) as wire:
        with pytest.raises(OutcomeUnknown):
            await http.post(wire.url + PATH, {"text": "x" * 5_000_000})


@pytest.mark.parametrize("behaviour", [hanging, trickling])
async def test_the_deadline_bounds_the_whole_exchange(http: Http, behaviour: Behaviour) -> None:
    began = time.monotonic()
    async with serving(behaviour) as wire:
        with pytest.raises(OutcomeUnknown):
            await http.post(wire.url + PATH, {}, deadline=soon())
    assert SHORT_SECONDS <= time.monotonic() - began < SHORT_SECONDS + LOADED_MACHINE_SECONDS


@pytest.mark.parametrize(
    "behaviour",
    [
        answering(504),
        answering(504, b"<html>"),
        answering(200, b"<html>"),
        answering(200, b""),
        answering(200, b"[" * 100_000),
        answering(200, b'{"a": "' + b"b" * MAX_ANSWER_BYTES + b'"}'),
        cut_short(200, b'{"ok":true', 11),
        cut_short(504, b"", 11),
    ],
)
async def test_an_answer_that_may_follow_acceptance_is_doubt(http: Http, behaviour: Behaviour) -> None:
    async with serving(behaviour) as wire:
        with pytest.raises(OutcomeUnknown):
            await http.post(wire.url + PATH, {})


@pytest.mark.parametrize(
    "behaviour",
    [
        answering(500),
        answering(502, b"<html>"),
        answering(503),
        answering(408),
        answering(425),
        answering(302, headers={"Location": "/elsewhere"}),
        cut_short(400, b'{"ok":fal', 12),
        cut_short(502, b"", 12),
    ],
)
async def test_an_answer_that_excludes_acceptance_is_for_later(http: Http, behaviour: Behaviour) -> None:
    async with serving(behaviour) as wire:
        with pytest.raises(Unreachable):
            await http.post(wire.url + PATH, {})
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "behaviour", [answering(403, b"<html>"), answering(429, b""), answering(400, b" " * (MAX_ANSWER_BYTES + 1))]
)
async def test_a_refusal_without_json_is_an_answer(http: Http, behaviour: Behaviour) -> None:
    async with serving(behaviour) as wire:
        assert (await http.post(wire.url + PATH, {})).json is None


async def test_an_answer_may_promise_no_content(http: Http) -> None:
    async with serving(answering(204, b"")) as wire:
        assert (await http.post(wire.url + PATH, {})).status == 204


async def test_a_503_says_when_to_come_back(http: Http) -> None:
    async with serving(answering(503, headers={"Retry-After": "120"})) as wire:
        with pytest.raises(Unreachable) as refusal:
            await http.post(wire.url + PATH, {})
    assert refusal.value.after == timedelta(minutes=2)


@pytest.mark.parametrize(
    "behaviour", [resetting, closing, hanging, answering(504), answering(500), answering(200, b"")]
)
async def test_no_error_tells_the_address(http: Http, behaviour: Behaviour) -> None:
    async with serving(behaviour) as wire:
        with pytest.raises(OutsideError) as failure:
            await http.post(wire.url + PATH, {"text": CANARY}, deadline=soon())
    shown = "".join(traceback.format_exception(failure.value, chain=True)) + repr(failure.value.args)
    assert (failure.value.__cause__, failure.value.__context__) == (None, None)
    assert [word for word in (SECRET, CANARY) if word in shown] == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "3"}, timedelta(seconds=3)),
        ({"retry-after": " 1.5 "}, timedelta(seconds=1.5)),
        ({"retry-after": "-5"}, timedelta(0)),
        ({"retry-after": "9" * 400}, MAX_WAIT),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "３"}, None),
        ({"retry-after": "Tue, 22 Jul 2025 06:00:30 GMT"}, timedelta(seconds=30)),
        ({"retry-after": "Tue, 22 Jul 2025 05:00:00 GMT"}, timedelta(0)),
        ({"retry-after": "Tue, 22 Jul 2025 06:00:30 -0000"}, timedelta(seconds=30)),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, MAX_WAIT),
        ({"retry-after": "Tue, 99 Jul 2025 06:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: Mapping[str, str], expected: timedelta | None) -> None:
    assert retry_after(headers, NOW) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(2.5, timedelta(seconds=2.5)), (-1.0, timedelta(0)), (1e300, MAX_WAIT), (float("nan"), None)],
)
def test_a_wait_is_kept_within_reason(seconds: float, expected: timedelta | None) -> None:
    assert wait_of(seconds) == expected
