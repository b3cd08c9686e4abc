"""What goes wrong with a model's endpoint, as facts: again, again at, or never. None repeats the endpoint's words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import openai

from adapters.errors import CredentialsRefused, OutsideError, RateLimited, Unacceptable, Unreachable
from adapters.http import retry_after

_LONGEST_WAIT = timedelta(hours=1)
_RATE_LIMITED = ("rate_limit_exceeded", "rate_limit_error", "insufficient_quota", "too_many_requests")
_UNACCEPTABLE = ("invalid_request_error", "invalid_prompt", "context_length_exceeded", "content_filter")
_REFUSABLE = (
    "max_tokens",
    "temperature",
    "stream",
    "stream_options",
    "store",
    "response_format",
    "text",
    "text.format",
)


@asynccontextmanager
async def as_facts(whose: str, remedy: str) -> AsyncIterator[None]:
    """What goes wrong in the block becomes a fact.

    The SDK's own errors hold the endpoint's words and are not carried along: those may name the key or repeat a text.
    """
    try:
        yield
    except openai.OpenAIError as error:
        raise _as_fact(error, whose, remedy) from None
    except httpx2.HTTPError as error:
        raise Unreachable(f"the {whose} endpoint broke off its answer ({type(error).__name__})") from None
    except (ValueError, RecursionError):
        raise Unreachable(f"the {whose} endpoint answered with something that is no JSON") from None


def _as_fact(error: openai.OpenAIError, whose: str, remedy: str) -> OutsideError:
    """What an error of the SDK means."""
    if isinstance(error, openai.APIStatusError):
        status, named = error.status_code, f"the {whose} endpoint answered {error.status_code}"
        wait = retry_after(error.response.headers, datetime.now(UTC))
        after = min(wait, _LONGEST_WAIT) if wait is not None else None
        if status == 429:
            return RateLimited(named, after)
        if status in (401, 403):
            return CredentialsRefused(f"{named}; {remedy}")
        if status < 400 or status in (408, 409, 425) or status >= 500:
            return Unreachable(named, after)
        return Unacceptable(named)
    if isinstance(error, openai.APITimeoutError):
        return Unreachable(f"the {whose} endpoint did not answer in time")
    return Unreachable(f"the {whose} endpoint cannot be reached ({type(error).__name__})")


def raise_error(error: object) -> None:
    """Raise what an answer of 200 says went wrong; nothing where it says nothing."""
    if not error:
        return
    said = {error.get("code"), error.get("type")} if isinstance(error, dict) else set()
    if said.intersection(_RATE_LIMITED):
        raise RateLimited("the model's endpoint said in its answer that its limit is reached")
    if said.intersection(_UNACCEPTABLE):
        raise Unacceptable("the model's endpoint refused the request in its answer")
    raise Unreachable("the model's endpoint told of an error in its answer")


def refused_parameter(error: openai.BadRequestError) -> str | None:
    """The parameter that a model does not know, where the call can do without it."""
    known = error.code in ("unsupported_parameter", "unsupported_value", "unknown_parameter")
    return error.param if known and error.param in _REFUSABLE else None
