"""What Discord's refusals mean: an HTTP status, and a code in the body that says more.

Sources: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json,
https://discord.com/developers/docs/topics/rate-limits
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pydantic import JsonValue

from adapters.errors import (
    Again,
    ChatRateLimited,
    CredentialsRefused,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RecipientGone,
    Unacceptable,
    Unreachable,
)
from adapters.http import Answer, retry_after, wait_of
from adapters.platforms.discord.limits import is_of_one_place
from adapters.platforms.fields import Fields, number, part, whole

_AT_LEAST = timedelta(seconds=5)
_REFERENCE_FIELD = "message_reference"


class ChannelUnknown(RecipientGone):
    """There is no such channel; the id may be a person's."""


class ThreadArchived(NotPermitted):
    """The thread is archived; it may be opened again."""


class InteractionOver(Unacceptable):
    """What answered an interaction cannot be written any more; a message in its channel still can."""


class InteractionUnknown(InteractionOver):
    """Discord knows no such answer: it is too late for one, or too early."""


class AlreadyAnswered(Unacceptable):
    """The interaction was acknowledged before."""


class ReferenceRefused(Unacceptable):
    """Not done because of the message that it answers; the same call without it may be."""


MEANINGS: Mapping[int, type[OutsideError]] = {
    **dict.fromkeys((130000, 110001), Unreachable),
    **dict.fromkeys((20029, 40003, 40062), RateLimited),
    **dict.fromkeys((20016, 20028), ChatRateLimited),
    **dict.fromkeys((40001, 50014, 40333), CredentialsRefused),
    10003: ChannelUnknown,
    **dict.fromkeys((10004, 10013, 50278, 50007), RecipientGone),
    **dict.fromkeys((50001, 50013, 50024, 50008, 160005, 200000, 240000), NotPermitted),
    50083: ThreadArchived,
    **dict.fromkeys((50027, 30046, 50005), InteractionOver),
    **dict.fromkeys((10062, 10015, 10008), InteractionUnknown),
    40060: AlreadyAnswered,
    **dict.fromkeys((40094, 50006, 50035, 50109, 40005, 50045), Unacceptable),
}
"""What Discord's codes mean."""
_BY_STATUS: Mapping[int, type[OutsideError]] = {
    HTTPStatus.UNAUTHORIZED: CredentialsRefused,
    HTTPStatus.FORBIDDEN: NotPermitted,
    HTTPStatus.NOT_FOUND: CredentialsRefused,
}
_REMEDIES = {
    40001: "check the channel's bot_token",
    50001: "let the bot see the channel",
    50007: "the person does not let the bot write, or shares no server with it",
    50013: "give the bot the permission to write there",
}


def result_of(answer: Answer, call: str) -> JsonValue:
    """What a call answered, None for an answer without a body; raises from `adapters.errors`."""
    if answer.status < HTTPStatus.BAD_REQUEST:
        return answer.json
    body: Fields = answer.json if isinstance(answer.json, dict) else {}
    code = whole(body, "code")
    kind = _kind(code, answer, body)
    said = f"Discord refused {call}: {_explained(code, answer.status)}"
    raise kind(said, _wait(answer, body, code)) if issubclass(kind, Again) else kind(said)


def object_of(result: JsonValue, call: str) -> Fields:
    """An answer that has to be an object."""
    if not isinstance(result, dict):
        raise OutcomeUnknown(f"Discord's answer to {call} holds a {type(result).__name__}, not an object")
    return result


def _kind(code: int | None, answer: Answer, body: Fields) -> type[OutsideError]:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return ChatRateLimited if is_of_one_place(answer.headers, body) else RateLimited
    if code == 50035 and _REFERENCE_FIELD in part(body, "errors"):
        return ReferenceRefused
    return MEANINGS.get(code or 0) or _BY_STATUS.get(answer.status, Unacceptable)


def _wait(answer: Answer, body: Fields, code: int | None) -> timedelta | None:
    seconds = number(body, "retry_after")
    asked = wait_of(seconds) if seconds is not None else retry_after(answer.headers, datetime.now(UTC))
    return max(asked or _AT_LEAST, _AT_LEAST) if code and answer.status != HTTPStatus.TOO_MANY_REQUESTS else asked


def _explained(code: int | None, status: int) -> str:
    if not code:
        return f"HTTP {status}; check DISCORD_API_URL" if status == HTTPStatus.NOT_FOUND else f"HTTP {status}"
    return f"error {code}, HTTP {status}" + (f"; {_REMEDIES[code]}" if code in _REMEDIES else "")
