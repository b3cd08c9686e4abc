"""Every way in which Slack says no, and what it means; over HTTP, by the simulator's faults."""

import time
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from adapters.errors import (
    Again,
    CredentialsRefused,
    FormattingRefused,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RecipientGone,
    Unacceptable,
    Unreachable,
)
from adapters.http import Http
from adapters.platforms.base import Payload
from adapters.platforms.slack import Slack
from tests.adapters.platforms.slack_payloads import CHANNEL, TOKEN
from tests.adapters.wire import answering, serving

PATIENCE_SECONDS = 1.5
CANARY = "canary text of a contact"
PAYLOAD: Payload = {"channel": "C00000001", "text": CANARY}


@pytest.fixture
def slack(http: Http, simulator_url: str) -> Slack:
    return Slack(http, f"{simulator_url}/slack/api/")


async def refusal(slack: Slack, control: httpx.AsyncClient, **fault: object) -> OutsideError:
    """What sending raises when it meets this fault."""
    (await control.post("/faults", json={"method": "chat.postMessage", **fault})).raise_for_status()
    with pytest.raises(OutsideError) as raised:
        await slack.send(CHANNEL, PAYLOAD, time.monotonic() + PATIENCE_SECONDS)
    return raised.value


TABLE: list[tuple[str, type[OutsideError]]] = [
    *((error, RateLimited) for error in ("ratelimited", "rate_limited")),
    *((error, Unreachable) for error in ("service_unavailable", "internal_error", "request_timeout")),
    ("fatal_error", OutcomeUnknown),
    *(
        (error, CredentialsRefused)
        for error in (
            "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
            "app_access_restricted", "two_factor_setup_required",
        )
    ),
    *(
        (error, NotPermitted)
        for error in (
            "missing_scope", "not_allowed_token_type", "no_permission", "ekm_access_denied", "access_denied",
            "not_in_channel", "messages_tab_disabled", "restricted_action", "restricted_action_read_only_channel",
            "restricted_action_thread_locked",
        )
    ),
    *(
        (error, RecipientGone)
        for error in ("channel_not_found", "is_archived", "user_not_found", "team_not_found")
    ),
    *((error, Unacceptable) for error in ("cannot_reply_to_message", "thread_not_found")),
    *(
        (error, Unacceptable)
        for error in ("msg_too_long", "msg_blocks_too_long", "too_many_attachments", "metadata_too_large")
    ),
    *(
        (error, FormattingRefused)
        for error in (
            "invalid_blocks", "invalid_blocks_format", "invalid_attachments", "markdown_text_conflict", "no_text",
            "invalid_arg_name", "invalid_post_type",
        )
    ),
    *(
        (error, Unacceptable)
        for error in (
            "message_not_found", "cant_update_message", "edit_window_closed", "already_reacted", "no_reaction",
        )
    ),
    *((error, Unreachable) for error in ("message_limit_exceeded", "org_login_required", "team_added_to_org")),
    ("something_new", Unacceptable),
    ("Something, \"quoted\" & new", Unacceptable),
]  # fmt: skip


@pytest.mark.parametrize(("error", "expected"), TABLE)
async def test_a_refusal_says_whether_to_try_again(
    slack: Slack, control: httpx.AsyncClient, error: str, expected: type[OutsideError]
) -> None:
    raised = await refusal(slack, control, kind="status", status=400, description=error)
    assert isinstance(raised, expected)
    assert raised.reason == expected.reason


STATUSES: list[tuple[int, type[OutsideError]]] = [
    (429, RateLimited),
    (500, Unreachable),
    (502, Unreachable),
    (503, Unreachable),
    (504, OutcomeUnknown),
    (401, CredentialsRefused),
    (403, CredentialsRefused),
    (404, CredentialsRefused),
    (413, Unacceptable),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
async def test_a_status_alone_says_it_too(
    slack: Slack, control: httpx.AsyncClient, status: int, expected: type[OutsideError]
) -> None:
    raised = await refusal(slack, control, kind="status", status=status)
    assert isinstance(raised, expected)
    assert raised.reason == expected.reason


async def test_too_fast_is_told_to_wait(slack: Slack, control: httpx.AsyncClient) -> None:
    error = await refusal(slack, control, kind="status", status=429, retry_after=35)
    assert isinstance(error, Again)
    assert error.after == timedelta(seconds=35)


async def test_a_workspace_at_its_limit_is_left_alone_for_an_hour(slack: Slack, control: httpx.AsyncClient) -> None:
    error = await refusal(slack, control, kind="status", status=400, description="message_limit_exceeded")
    assert isinstance(error, Again)
    assert error.after == timedelta(hours=1)


async def test_a_missing_scope_is_named(slack: Slack, control: httpx.AsyncClient) -> None:
    await control.post(f"/slack/{TOKEN}/app", json={"missing_scopes": ["chat:write"]})
    with pytest.raises(NotPermitted) as raised:
        await slack.send(CHANNEL, PAYLOAD, time.monotonic() + PATIENCE_SECONDS)
    assert "'chat:write'" in str(raised.value)


@pytest.mark.parametrize("kind", ["accept_then_reset", "reset_before_accept", "invalid_json", "accept_then_hang"])
async def test_no_answer_to_what_was_written_is_doubt(slack: Slack, control: httpx.AsyncClient, kind: str) -> None:
    assert isinstance(await refusal(slack, control, kind=kind), OutcomeUnknown)


async def test_nothing_is_written_after_the_deadline(slack: Slack, control: httpx.AsyncClient) -> None:
    with pytest.raises(Unreachable):
        await slack.send(CHANNEL, PAYLOAD, time.monotonic() - 1)
    assert (await control.get("/ledger", params={"kind": "outbound"})).json()["items"] == []


async def test_nobody_listening_means_again(http: Http) -> None:
    async with serving(answering(200, b"{}")) as wire:
        url = wire.url
    with pytest.raises(Unreachable):
        await Slack(http, url).send(CHANNEL, PAYLOAD, time.monotonic() + PATIENCE_SECONDS)


ODD: list[bytes] = [
    b"{}",
    b"[]",
    b"true",
    b'{"ok":"true"}',
    b'{"ok":true}',
    b'{"ok":true,"ts":1766458026.24}',
    b'{"ok":1}',
]


@pytest.mark.parametrize("body", ODD)
async def test_an_answer_that_says_nothing_is_doubt(http: Http, body: bytes) -> None:
    async with serving(answering(200, body)) as wire:
        with pytest.raises(OutcomeUnknown):
            await Slack(http, wire.url).send(CHANNEL, PAYLOAD, time.monotonic() + PATIENCE_SECONDS)


@pytest.mark.parametrize("error", [row[0] for row in TABLE])
async def test_no_error_holds_the_token_or_what_was_said(slack: Slack, control: httpx.AsyncClient, error: str) -> None:
    raised = await refusal(slack, control, kind="status", status=400, description=f"{error}")
    assert TOKEN not in str(raised)
    assert CANARY not in str(raised)


@pytest.mark.parametrize("token", ["", "xoxb-\n", "xoxb-é"])
async def test_a_token_that_no_header_could_hold_is_not_sent(slack: Slack, token: str) -> None:
    channel = CHANNEL.model_copy(update={"credentials": {"bot_token": SecretStr(token)}})
    with pytest.raises(CredentialsRefused):
        await slack.check(channel)
