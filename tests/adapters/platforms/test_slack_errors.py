"""Every way in which Slack says no, and what it means; over HTTP, by the simulator's faults."""

import time
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from adapters.errors import (
    Again,
    ChangeRefused,
    CredentialsRefused,
    FormattingRefused,
    MessageGone,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimitedSomewhere,
    RecipientGone,
    Unacceptable,
    Unreachable,
)
from adapters.http import Http
from adapters.platforms.base import Platform
from adapters.platforms.slack.errors import KNOWN
from tests.adapters.platforms import contract
from tests.adapters.platforms.contract import PATIENCE_SECONDS
from tests.adapters.platforms.slack_payloads import CHANNEL, TOKEN

CONTRACT = contract.SLACK
refusal = CONTRACT.refusal


@pytest.fixture
def slack(http: Http, simulator_url: str) -> Platform:
    return CONTRACT.platform(http, simulator_url)


TABLE: list[tuple[str, type[OutsideError]]] = [
    *((error, RateLimitedSomewhere) for error in ("ratelimited", "rate_limited")),
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
        for error in ("already_reacted", "no_reaction")
    ),
    ("message_not_found", MessageGone),
    *((error, ChangeRefused) for error in ("cant_update_message", "cant_delete_message", "edit_window_closed")),
    *((error, Unreachable) for error in ("message_limit_exceeded", "org_login_required", "team_added_to_org")),
    ("something_new", Unacceptable),
    ("Something, \"quoted\" & new", Unacceptable),
]  # fmt: skip


@pytest.mark.parametrize(("error", "expected"), TABLE)
async def test_a_refusal_says_whether_to_try_again(
    slack: Platform, control: httpx.AsyncClient, error: str, expected: type[OutsideError]
) -> None:
    raised = await refusal(slack, control, kind="status", status=400, description=error)
    assert isinstance(raised, expected)
    assert raised.reason == expected.reason


def test_the_table_is_tested_whole() -> None:
    assert {error for error, _ in TABLE} >= KNOWN


STATUSES: list[tuple[int, type[OutsideError]]] = [
    (502, Unreachable),
    (403, CredentialsRefused),
    (404, CredentialsRefused),
    (413, Unacceptable),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
async def test_a_status_alone_says_it_too(
    slack: Platform, control: httpx.AsyncClient, status: int, expected: type[OutsideError]
) -> None:
    raised = await refusal(slack, control, kind="status", status=status)
    assert isinstance(raised, expected)
    assert raised.reason == expected.reason


async def test_a_workspace_at_its_limit_is_left_alone_for_an_hour(slack: Platform, control: httpx.AsyncClient) -> None:
    error = await refusal(slack, control, kind="status", status=400, description="message_limit_exceeded")
    assert isinstance(error, Again)
    assert error.after == timedelta(hours=1)


async def test_a_missing_scope_is_named(slack: Platform, control: httpx.AsyncClient) -> None:
    await control.post(f"/slack/{TOKEN}/app", json={"missing_scopes": ["chat:write"]})
    with pytest.raises(NotPermitted) as raised:
        await slack.send(CHANNEL, CONTRACT.payload, time.monotonic() + PATIENCE_SECONDS)
    assert "'chat:write'" in str(raised.value)


@pytest.mark.parametrize("token", ["", "xoxb-\n", "xoxb-é"])
async def test_a_token_that_no_header_could_hold_is_not_sent(slack: Platform, token: str) -> None:
    channel = CHANNEL.model_copy(update={"credentials": {"bot_token": SecretStr(token)}})
    with pytest.raises(CredentialsRefused):
        await slack.check(channel)
