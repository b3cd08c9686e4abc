"""How the Graph API says no: an error with a code, which says more than the HTTP status.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling, and for waiting
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from json import loads
from types import MappingProxyType
from typing import TypeAlias

from adapters.errors import (
    Again,
    CredentialsRefused,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    Unacceptable,
    Unreachable,
)
from adapters.http import Answer, retry_after, wait_of
from adapters.platforms.fields import Fields, number, part, reference, whole
from domain.deliveries import Backoff
from domain.models import Frozen

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_USAGE = "x-business-use-case-usage"
_BY_STATUS: Mapping[int, type[OutsideError]] = {401: CredentialsRefused, 429: RateLimited}
_WAIT = "estimated_time_to_regain_access"

Meanings: TypeAlias = Mapping[int, type[OutsideError]]
"""What each code means."""
FinerMeanings: TypeAlias = Mapping[tuple[int, int], type[OutsideError]]
"""What a code means with a subcode, where that is something else."""
Waits: TypeAlias = Mapping[int, Backoff]
"""How long to wait behind a code where Meta does not say how long."""
_NONE: FinerMeanings = MappingProxyType({})
_AS_USUAL: Waits = MappingProxyType({})


class Refusal(Frozen):
    """An error of the Graph API; `after` is how long it asks to wait."""

    code: int | None
    subcode: int | None = None
    status: int
    trace: str = ""
    is_transient: bool = False
    after: timedelta | None = None

    def named(self, call: str) -> str:
        """What a person needs to look it up; Meta's own words may quote what somebody wrote."""
        subcode = f"/{self.subcode}" if self.subcode else ""
        return f"Meta refused {call} with error {self.code}{subcode}, HTTP {self.status}{self.trace}"


def result_of(
    answer: Answer, call: str, meanings: Meanings, finer: FinerMeanings = _NONE, waits: Waits = _AS_USUAL
) -> Fields:
    """The object that a call answered; raises from `adapters.errors`, by the code's meaning."""
    body = answer.json if isinstance(answer.json, dict) else {}
    if answer.status < HTTPStatus.BAD_REQUEST and "error" not in body:
        if not body:
            raise OutcomeUnknown(f"Meta's answer to {call} is no object")
        return body
    raise error_of(refusal_of(answer, body), call, meanings, finer, waits)


def refusal_of(answer: Answer, body: Fields) -> Refusal:
    """The error in an answer."""
    error = part(body, "error")
    trace = reference(error, "fbtrace_id") or ""
    return Refusal(
        code=whole(error, "code"),
        subcode=whole(error, "error_subcode"),
        status=answer.status,
        trace=f", trace {trace}" if _REFERENCE.fullmatch(trace) else "",
        is_transient=error.get("is_transient") is True,
        after=_longest(retry_after(answer.headers, datetime.now(UTC)), _regained(answer.headers)),
    )


def error_of(
    refusal: Refusal, call: str, meanings: Meanings, finer: FinerMeanings = _NONE, waits: Waits = _AS_USUAL
) -> OutsideError:
    """What a refusal means: by its code, and the subcode where that says more; else by the HTTP status."""
    kind = _meaning(refusal, meanings, finer)
    said = refusal.named(call)
    if kind is None and refusal.is_transient:
        kind = Unreachable
    if kind is None:
        is_fault = refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = _BY_STATUS.get(refusal.status, Unreachable if is_fault else Unacceptable)
    if not issubclass(kind, Again):
        return kind(said)
    error = kind(said, refusal.after)
    error.backoff = waits.get(refusal.code or 0, error.backoff)
    return error


def _meaning(refusal: Refusal, meanings: Meanings, finer: FinerMeanings) -> type[OutsideError] | None:
    if refusal.code is None:
        return None
    return finer.get((refusal.code, refusal.subcode or 0)) or meanings.get(refusal.code)


def _longest(*waits: timedelta | None) -> timedelta | None:
    """What satisfies all that is asked; None where nothing is, or no wait at all."""
    return max((wait for wait in waits if wait), default=None)


def _regained(headers: Mapping[str, str]) -> timedelta | None:
    """The longest wait, in minutes, that the usage header names."""
    try:
        usage = loads(headers.get(_USAGE, "{}"))
    except (ValueError, RecursionError):
        return None
    waits = [minutes for minutes in _minutes(usage) if minutes > 0]
    return wait_of(60 * max(waits)) if waits else None


def _minutes(usage: object) -> Iterator[float]:
    for kinds in usage.values() if isinstance(usage, dict) else ():
        for kind in kinds if isinstance(kinds, list) else ():
            minutes = number(kind, _WAIT) if isinstance(kind, dict) else None
            if minutes is not None:
                yield minutes
