"""Chat Completions: how a model is asked, and what it answers (platform.openai.com/docs/api-reference/chat)."""

from collections.abc import Callable, Iterator

from pydantic import JsonValue

from adapters.ai.drafts import Draft, count, field
from adapters.ai.facts import raise_error
from adapters.ai.images import data_url
from domain.bots import Model
from domain.prices import Tokens
from domain.tool_calls import OfferedTool
from domain.tool_prompts import named
from domain.transcripts import Line, Prompt


def body(model: Model, prompt: Prompt, unknown: frozenset[str]) -> dict[str, JsonValue]:
    """The request, without what the model was found not to know.

    Servers that speak OpenAI's protocol know `max_tokens`; OpenAI's newer models want `max_completion_tokens` instead,
    and no temperature.
    """
    longest = "max_completion_tokens" if "max_tokens" in unknown else "max_tokens"
    wanted: dict[str, JsonValue] = {
        "model": model.name,
        "messages": [*said(prompt, lambda line: _content(model, line)), *_steps(prompt)],
        longest: model.max_output_tokens,
    }
    if model.temperature is not None and "temperature" not in unknown:
        wanted["temperature"] = model.temperature
    if prompt.tools:
        wanted["tools"] = [{"type": "function", "function": offered(tool)} for tool in prompt.tools]
        wanted["tool_choice"] = "auto" if prompt.may_call else "none"
    shape = prompt.answer_shape
    if shape is not None and "response_format" not in unknown:
        held: JsonValue = {"name": shape.name, "schema": shape.json_schema, "strict": True}
        wanted["response_format"] = {"type": "json_schema", "json_schema": held}
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
    wants = _want(field(choice, "delta", "tool_calls"), draft)
    return said or wants or bool(field(choice, "delta", "reasoning_content"))


def read_whole(answer: object, draft: Draft) -> None:
    """Take an answer that came in one piece."""
    _read_head(answer, draft)
    choice = field(answer, "choices", 0)
    draft.finish(field(choice, "finish_reason"))
    draft.say(field(choice, "message", "content"))
    _want(field(choice, "message", "tool_calls"), draft)


def said(prompt: Prompt, content: Callable[[Line], JsonValue]) -> Iterator[JsonValue]:
    """What was said, as both APIs take it but for the `content` of a line."""
    for line in prompt.lines:
        yield {"role": line.role, "content": content(line)}


def offered(tool: OfferedTool) -> dict[str, JsonValue]:
    """A tool as the model is told of it."""
    return {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}


def call_id(step: int, position: int) -> str:
    """What a call is named towards a model: our own, of the shape that every provider takes."""
    return f"call{step:02d}{position:03d}"


def _steps(prompt: Prompt) -> Iterator[JsonValue]:
    """What the model called so far, each call followed by its result."""
    for number, step in enumerate(prompt.steps):
        calls = [(call_id(number, position), named(call)) for position, call in enumerate(step.calls)]
        wanted: list[JsonValue] = [
            {"id": name, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for name, call in calls
        ]
        yield {"role": "assistant", "content": step.text or None, "tool_calls": wanted}
        for name, call in calls:
            yield {"role": "tool", "tool_call_id": name, "content": call.result or ""}


def _want(calls: object, draft: Draft) -> bool:
    """Take the calls that a piece holds; they may come in pieces themselves, each with its index."""
    listed = calls if isinstance(calls, list) else []
    for position, call in enumerate(listed):
        index = field(call, "index")
        name, arguments = field(call, "function", "name"), field(call, "function", "arguments")
        draft.want(position if index is None else index, name, arguments)
    return bool(listed)


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
