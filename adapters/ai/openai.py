"""Any OpenAI-compatible endpoint, through OpenAI's SDK with its own retries off: Temporal retries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import openai
from openai.types import ModerationCreateResponse
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from pydantic import BaseModel

from adapters.ai.base import Answer
from adapters.errors import CredentialsRefused, EmptyAnswer, OutsideError, RateLimited, Unacceptable, Unreachable
from adapters.http import retry_after
from domain.bots import Model
from domain.moderation import Verdict
from domain.prices import Tokens
from domain.text import storable
from domain.transcripts import Line, Prompt

_ADDRESS = "https://api.openai.com/v1"
_CONNECT_SECONDS = 5.0
_JUDGE_SECONDS = 10.0
_LONGEST_WAIT = timedelta(hours=1)
_MODERATION_MODEL = "omni-moderation-latest"
_NO_KEY = "no-key"


class OpenAI:
    """Chat completions and moderation of one endpoint."""

    def __init__(self, api_key: str | None, base_url: str | None) -> None:
        self._client = openai.AsyncOpenAI(
            api_key=api_key or _NO_KEY,
            base_url=base_url or _ADDRESS,
            max_retries=0,
            timeout=_timeout(_JUDGE_SECONDS),
        )
        self._unknown: dict[str, frozenset[str]] = {}

    async def complete(self, model: Model, prompt: Prompt) -> Answer:
        """One chat completion, whole; see platform.openai.com/docs/api-reference/chat/create."""
        async with _facts("model's", model.timeout_seconds):
            while True:
                unknown = self._unknown.get(model.name, frozenset())
                try:
                    return _answer(await self._ask(model, prompt, unknown), model.name)
                except openai.BadRequestError as error:
                    refused = _refused_parameter(error)
                    if refused is None or refused in unknown:
                        raise
                    self._unknown[model.name] = unknown | {refused}

    async def _ask(self, model: Model, prompt: Prompt, unknown: frozenset[str]) -> ChatCompletion:
        messages = [_message(line) for line in prompt.lines]
        # Not chat.completions.create(), which walks through every message for names to translate: 9 ms for forty.
        return await self._client.post(
            "/chat/completions",
            cast_to=ChatCompletion,
            body={"model": model.name, "messages": messages, **_parameters(model, unknown)},
            options={"timeout": _timeout(model.timeout_seconds)},
        )

    async def judge(self, text: str) -> Verdict:
        """What the moderation endpoint finds; see platform.openai.com/docs/api-reference/moderations."""
        async with _facts("moderation", _JUDGE_SECONDS):
            result = await self._client.moderations.create(model=_MODERATION_MODEL, input=text)
        return _verdict(result)

    async def check(self) -> str:
        """Ask for the list of models."""
        async with _facts("model's", _JUDGE_SECONDS):
            # Not models.list(), which fails in ways of its own on what is no list.
            listed = await self._client.get("/models", cast_to=object)
        offered = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(offered, list):
            raise Unreachable("the model's endpoint answered with something that is no list of models")
        return f"The endpoint offers {len(offered)} models."

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()


def _timeout(seconds: float) -> openai.Timeout:
    return openai.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))


def _message(line: Line) -> ChatCompletionMessageParam:
    if line.role == "system":
        return {"role": "system", "content": line.text}
    if line.role == "assistant":
        return {"role": "assistant", "content": line.text}
    return {"role": "user", "content": line.text}


def _parameters(model: Model, unknown: frozenset[str]) -> dict[str, float | int]:
    """How long and how free the answer may be, without what the model was found not to know.

    Servers that speak OpenAI's protocol know `max_tokens`; OpenAI's newer models want `max_completion_tokens` instead,
    and no temperature.
    """
    longest = "max_completion_tokens" if "max_tokens" in unknown else "max_tokens"
    parameters: dict[str, float | int] = {longest: model.max_output_tokens}
    if model.temperature is not None and "temperature" not in unknown:
        parameters["temperature"] = model.temperature
    return parameters


def _refused_parameter(error: openai.BadRequestError) -> str | None:
    """The parameter that a model does not know, where the call can do without it."""
    named = error.param if error.code in ("unsupported_parameter", "unsupported_value") else None
    return named if named in ("max_tokens", "temperature") else None


def _first(items: object) -> object:
    """The first of what should be a list."""
    return items[0] if isinstance(items, list) and items else None


def _answer(completion: ChatCompletion, asked: str) -> Answer:
    """The answer of a completion whose every field may be missing or wrong: it comes from outside."""
    choice = _first(getattr(completion, "choices", None))
    content = getattr(getattr(choice, "message", None), "content", None)
    tokens = _tokens(getattr(completion, "usage", None))
    if not isinstance(content, str) or not content.strip():
        raise EmptyAnswer(f"the model {asked!r} answered with nothing", tokens if tokens.total else None)
    named = getattr(completion, "model", None)
    return Answer(
        text=storable(content),
        model=named[:200] if isinstance(named, str) and named else asked,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cached_tokens=tokens.cached,
        finish_reason=str(getattr(choice, "finish_reason", None) or "")[:50] or None,
    )


def _tokens(usage: object) -> Tokens:
    details = getattr(usage, "prompt_tokens_details", None)
    return Tokens(
        input=_count(getattr(usage, "prompt_tokens", 0)),
        output=_count(getattr(usage, "completion_tokens", 0)),
        cached=_count(getattr(details, "cached_tokens", 0)),
    )


def _count(value: object) -> int:
    return min(max(value, 0), 2**31 - 1) if isinstance(value, int) and not isinstance(value, bool) else 0


def _verdict(result: ModerationCreateResponse) -> Verdict:
    """The verdict of an answer whose every field may be missing or wrong."""
    found = _first(getattr(result, "results", None))
    flagged, categories = getattr(found, "flagged", None), getattr(found, "categories", None)
    if not isinstance(flagged, bool) or not isinstance(categories, BaseModel):
        raise Unreachable("the moderation endpoint answered with something that is no verdict")
    hits = tuple(sorted(name for name, hit in categories.model_dump(by_alias=True).items() if hit is True))
    return Verdict(action="refuse" if flagged else "allow", provider="openai", categories=hits)


@asynccontextmanager
async def _facts(whose: str, seconds: float) -> AsyncIterator[None]:
    """What goes wrong in the block becomes a fact, and the block takes no longer than this in all.

    The SDK's own errors hold the endpoint's words and are not carried along: those may name the key or repeat a text.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except openai.OpenAIError as error:
        raise _as_fact(error, whose) from None
    except TimeoutError:
        raise Unreachable(f"the {whose} endpoint did not answer in {seconds:g} s") from None
    except (ValueError, RecursionError):
        raise Unreachable(f"the {whose} endpoint answered with something that is no JSON") from None


def _as_fact(error: openai.OpenAIError, whose: str) -> OutsideError:
    """What an error of the SDK means: again, again at, or never."""
    if isinstance(error, openai.APIStatusError):
        status, named = error.status_code, f"the {whose} endpoint answered {error.status_code}"
        wait = retry_after(error.response.headers, datetime.now(UTC))
        after = min(wait, _LONGEST_WAIT) if wait is not None else None
        if status == 429:
            return RateLimited(named, after)
        if status in (401, 403):
            return CredentialsRefused(f"{named}; check OPENAI_API_KEY")
        if status < 400 or status in (408, 409, 425) or status >= 500:
            return Unreachable(named, after)
        return Unacceptable(named)
    if isinstance(error, openai.APITimeoutError):
        return Unreachable(f"the {whose} endpoint did not answer in time")
    return Unreachable(f"the {whose} endpoint cannot be reached ({type(error).__name__})")
