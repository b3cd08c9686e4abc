"""Chat Completions: how a model is asked, and what it answers (platform.openai.com/docs/api-reference/chat)."""

from pydantic import JsonValue

from adapters.ai.drafts import Draft, count, field
from adapters.ai.facts import raise_error
from adapters.ai.images import data_url
from domain.bots import Model
from domain.prices import Tokens
from domain.transcripts import Line, Prompt


def body(model: Model, prompt: Prompt, unknown: frozenset[str]) -> dict[str, JsonValue]:
    """The request, without what the model was found not to know.

    Servers that speak OpenAI's protocol know `max_tokens`; OpenAI's newer models want `max_completion_tokens` instead,
    and no temperature.
    """
    longest = "max_completion_tokens" if "max_tokens" in unknown else "max_tokens"
    wanted: dict[str, JsonValue] = {
        "model": model.name,
        "messages": [{"role": line.role, "content": _content(model, line)} for line in prompt.lines],
        longest: model.max_output_tokens,
    }
    if model.temperature is not None and "temperature" not in unknown:
        wanted["temperature"] = model.temperature
    if "stream" not in unknown:
        wanted["stream"] = True
        if "stream_options" not in unknown:
            wanted["stream_options"] = {"include_usage": True}
    return wanted


def _content(model: Model, line: Line) -> JsonValue:
    if not line.images or not model.vision:
        return line.text
    images: list[JsonValue] = [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in line.images]
    return [{"type": "text", "text": line.text}, *images]


def read_event(event: object, draft: Draft) -> bool:
    """Take one event of a stream; whether anything was said with it."""
    _read_head(event, draft)
    choice = field(event, "choices", 0)
    draft.finish(field(choice, "finish_reason"))
    said = draft.say(field(choice, "delta", "content"))
    return said or bool(field(choice, "delta", "reasoning_content") or field(choice, "delta", "tool_calls"))


def read_whole(answer: object, draft: Draft) -> None:
    """Take an answer that came in one piece."""
    _read_head(answer, draft)
    choice = field(answer, "choices", 0)
    draft.finish(field(choice, "finish_reason"))
    draft.say(field(choice, "message", "content"))


def _read_head(part: object, draft: Draft) -> None:
    raise_error(field(part, "error"))
    draft.name(field(part, "model"))
    usage = field(part, "usage")
    if isinstance(usage, dict):
        draft.tokens = Tokens(
            input=count(usage.get("prompt_tokens")),
            output=count(usage.get("completion_tokens")),
            cached=count(field(usage, "prompt_tokens_details", "cached_tokens")),
        )
