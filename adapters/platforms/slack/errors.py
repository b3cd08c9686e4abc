"""What Slack's refusals mean: a word in `error`, most often with HTTP 200 (https://docs.slack.dev/apis/web-api/#errors)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from adapters.errors import (
    ChangeRefused,
    CredentialsRefused,
    FormattingRefused,
    MessageGone,
    Never,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RateLimitedSomewhere,
    RecipientGone,
    Unacceptable,
    Unreachable,
)
from adapters.http import Answer, retry_after
from adapters.platforms.fields import Fields, reference

_LONG = timedelta(hours=1)
_MAX_SHOWN_CHARACTERS = 80

_TOO_FAST = ("ratelimited", "rate_limited")
_BRIEFLY_AWAY = ("service_unavailable", "internal_error", "request_timeout")
_LONG_AWAY = ("message_limit_exceeded", "org_login_required", "team_added_to_org")
_PERHAPS_DONE = ("fatal_error",)
_UNUSABLE_THREADS = ("cannot_reply_to_message", "thread_not_found")
_REFUSALS: Mapping[str, type[Never]] = {
    **dict.fromkeys(
        (
            "invalid_auth",
            "not_authed",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "app_access_restricted",
            "two_factor_setup_required",
        ),
        CredentialsRefused,
    ),
    **dict.fromkeys(
        (
            "missing_scope",
            "not_allowed_token_type",
            "no_permission",
            "ekm_access_denied",
            "access_denied",
            "not_in_channel",
            "messages_tab_disabled",
        ),
        NotPermitted,
    ),
    **dict.fromkeys(("channel_not_found", "is_archived", "user_not_found", "team_not_found"), RecipientGone),
    "message_not_found": MessageGone,
    **dict.fromkeys(("cant_update_message", "cant_delete_message", "edit_window_closed"), ChangeRefused),
    **dict.fromkeys(
        (
            "invalid_blocks",
            "invalid_blocks_format",
            "invalid_attachments",
            "markdown_text_conflict",
            "no_text",
            "invalid_arg_name",
            "invalid_post_type",
        ),
        FormattingRefused,
    ),
}
KNOWN = frozenset(
    (*_TOO_FAST, *_BRIEFLY_AWAY, *_LONG_AWAY, *_PERHAPS_DONE, *_UNUSABLE_THREADS, *_REFUSALS, "restricted_action")
)
"""Slack's words that mean something here; any other is taken for a mistake of ours."""
_REMEDIES = {
    "not_in_channel": "invite the bot to the channel",
    "messages_tab_disabled": "allow messages to the app: App Home, Messages Tab",
    "token_expired": "token rotation is on; use a bot token that does not expire",
    "account_inactive": "the app was removed from the workspace; install it again",
    "token_revoked": "the app was removed from the workspace; install it again",
}


class ThreadRefused(Unacceptable):
    """Not done because of the thread; the same call without it may be."""


def result_of(answer: Answer, method: str) -> Fields:
    """What a method answered; raises from `adapters.errors`."""
    body: Fields = answer.json if isinstance(answer.json, dict) else {}
    done = body.get("ok") is True
    if done and answer.status < HTTPStatus.BAD_REQUEST:
        return body
    said = reference(body, "error")
    if done or (said is None and answer.status < HTTPStatus.BAD_REQUEST):
        raise OutcomeUnknown(f"Slack's answer to {method} says neither that it was done nor that it was refused")
    raise _refusal(said or "", body, answer, method)


def _refusal(said: str, body: Fields, answer: Answer, method: str) -> OutsideError:
    wait = retry_after(answer.headers, datetime.now(UTC))
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or said in _TOO_FAST:
        # Saying something is limited in each channel and in the workspace, all else in the workspace alone.
        kind = RateLimitedSomewhere if method == "chat.postMessage" else RateLimited
        return kind(f"Slack refused {method}: too many requests", wait)
    if said in _BRIEFLY_AWAY:
        return Unreachable(f"Slack did not do {method}: {said}", wait)
    if said in _LONG_AWAY:
        return Unreachable(f"Slack did not do {method}: {said}", wait or _LONG)
    if said in _PERHAPS_DONE:
        return OutcomeUnknown(f"Slack answered {method} with {said}: it may have been done")
    if said in _UNUSABLE_THREADS:
        return ThreadRefused(f"Slack refused {method}: {said}")
    return _kind(said, answer.status)(f"Slack refused {method}: {_explained(said, body, answer.status)}")


def _kind(said: str, status: int) -> type[Never]:
    if said.startswith("restricted_action"):
        return NotPermitted
    if not said and status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        return CredentialsRefused
    return _REFUSALS.get(said, Unacceptable)


def _explained(said: str, body: Fields, status: int) -> str:
    shown = said[:_MAX_SHOWN_CHARACTERS] if said.isidentifier() else f"HTTP {status}; check SLACK_API_URL"
    needed = reference(body, "needed")
    if said == "missing_scope" and needed:
        return f"{shown}; add the scope {needed[:_MAX_SHOWN_CHARACTERS]!r} and install the app again"
    return f"{shown}; {_REMEDIES[said]}" if said in _REMEDIES else shown
