"""Any OpenAI-compatible endpoint, through OpenAI's SDK with its own retries off: Temporal retries."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import openai
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from adapters.ai.base import Answer
from adapters.errors import CredentialsRefused, EmptyAnswer, OutsideError, RateLimited, Unacceptable, Unreachable
from domain.bots import Model
from domain.moderation import Verdict
from domain.text import storable
from domain.transcripts import Line, Prompt

_CONNECT_SECONDS = 5.0
_JUDGE_SECONDS = 10.0
_LONGEST_WAIT = timedelta(hours=1)
_MODERATION_MODEL = "omni-moderation-latest"
_NO_KEY = "no-key"


class OpenAI:
    """Chat completions and moderation of one endpoint."""

    def __init__(self, api_key: str | None, base_url: str | None) -> None:
        self._client = openai.AsyncOpenAI(
            api_key=api_key or _NO_KEY, base_url=base_url, max_retries=0, timeout=_timeout(_JUDGE_SECONDS)
        )

    async def complete(self, model: Model, prompt: Prompt) -> Answer:
        """One chat completion, whole; see platform.openai.com/docs/api-reference/chat/create."""
        limits: dict[str, float | int] = {"max_tokens": model.max_output_tokens}
        if model.temperature is not None:
            limits["temperature"] = model.temperature
        try:
            completion = await self._client.chat.completions.create(
                model=model.name,
                messages=[_message(line) for line in prompt.lines],
                timeout=_timeout(model.timeout_seconds),
                extra_body=limits,
            )
        except openai.OpenAIError as error:
            raise _as_fact(error) from error
        except ValueError as error:
            raise Unreachable("the model's endpoint answered with something that is no JSON") from error
        return _answer(completion, model.name)

    async def judge(self, text: str) -> Verdict:
        """What the moderation endpoint finds; see platform.openai.com/docs/api-reference/moderations."""
        try:
            result = await self._client.moderations.create(model=_MODERATION_MODEL, input=text)
            found = result.results[0]
            categories = tuple(sorted(name for name, hit in found.categories.model_dump(by_alias=True).items() if hit))
        except openai.OpenAIError as error:
            raise _as_fact(error) from error
        except (ValueError, AttributeError, IndexError, TypeError) as error:
            raise Unreachable("the moderation endpoint answered with something that is no verdict") from error
        return Verdict(action="refuse" if found.flagged else "allow", provider="openai", categories=categories)

    async def check(self) -> str:
        """Ask for the list of models."""
        try:
            models = await self._client.models.list()
        except openai.OpenAIError as error:
            raise _as_fact(error) from error
        return f"The endpoint offers {len(models.data)} models."

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


def _answer(completion: ChatCompletion, asked: str) -> Answer:
    """The answer of a completion whose every field may be missing or wrong: it comes from outside."""
    choices = getattr(completion, "choices", None) or []
    content = getattr(getattr(choices[0], "message", None), "content", None) if choices else None
    if not isinstance(content, str) or not content.strip():
        raise EmptyAnswer(f"the model {asked!r} answered with nothing")
    usage = getattr(completion, "usage", None)
    named = getattr(completion, "model", None)
    return Answer(
        text=storable(content),
        model=named[:200] if isinstance(named, str) and named else asked,
        input_tokens=_count(getattr(usage, "prompt_tokens", 0)),
        output_tokens=_count(getattr(usage, "completion_tokens", 0)),
        finish_reason=str(getattr(choices[0], "finish_reason", None) or "")[:50] or None,
    )


def _count(value: object) -> int:
    return min(max(value, 0), 2**31 - 1) if isinstance(value, int) else 0


def _as_fact(error: openai.OpenAIError) -> OutsideError:
    """What an error of the SDK means: again, again at, or never."""
    if isinstance(error, openai.APIStatusError):
        status, named = error.status_code, f"the model's endpoint answered {error.status_code}"
        after = _retry_after(error.response.headers.get("retry-after"))
        if status == 429:
            return RateLimited(named, after)
        if status in (401, 403):
            return CredentialsRefused(f"{named}; check OPENAI_API_KEY")
        if status in (408, 409, 425) or status >= 500:
            return Unreachable(named, after)
        return Unacceptable(named)
    if isinstance(error, openai.APITimeoutError):
        return Unreachable("the model did not answer in time")
    return Unreachable(f"the model's endpoint cannot be reached ({type(error).__name__})")


def _retry_after(value: str | None) -> timedelta | None:
    if not value:
        return None
    try:
        wait = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            wait = parsedate_to_datetime(value) - datetime.now(UTC)
        except (ValueError, TypeError):
            return None
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)
