"""The Responses API: how a model is asked, and what it answers (platform.openai.com/docs/api-reference/responses)."""

from collections.abc import Iterator

from pydantic import JsonValue

from adapters.ai.chat_completions import call_id, offered, said
from adapters.ai.drafts import Draft, count, field
from adapters.ai.facts import raise_error
from adapters.ai.images import data_url
from domain.bots import Model
from domain.prices import Tokens
from domain.tool_prompts import named
from domain.transcripts import Line, Prompt

_ENDS = ("response.completed", "response.incomplete", "response.failed")


def body(model: Model, prompt: Prompt, unknown: frozenset[str]) -> dict[str, JsonValue]:
    """The request, without what the model was found not to know; the provider is to keep nothing of it."""
    wanted: dict[str, JsonValue] = {
        "model": model.name,
        "input": [*said(prompt, lambda line: _content(model, line)), *_steps(prompt)],
        "max_output_tokens": model.max_output_tokens,
    }
    if "store" not in unknown:
        wanted["store"] = False
    if model.temperature is not None and "temperature" not in unknown:
        wanted["temperature"] = model.temperature
    if prompt.tools:
        wanted["tools"] = [{"type": "function", **offered(tool), "strict": False} for tool in prompt.tools]
        wanted["tool_choice"] = "auto" if prompt.may_call else "none"
    shape = prompt.answer_shape
    if shape is not None and not unknown & {"text", "text.format"}:
        held: JsonValue = {"type": "json_schema", "name": shape.name, "schema": shape.json_schema, "strict": True}
        wanted["text"] = {"format": held}
    if "stream" not in unknown:
        wanted["stream"] = True
    return wanted


def _content(model: Model, line: Line) -> JsonValue:
    if not line.images or not model.vision:
        return line.text
    images: list[JsonValue] = [{"type": "input_image", "image_url": data_url(image)} for image in line.images]
    return [{"type": "input_text", "text": line.text}, *images]


def read_event(event: object, draft: Draft) -> bool:
    """Take one event of a stream; whether anything was said with it."""
    kind = field(event, "type")
    if kind == "error":
        raise_error(field(event, "error") or event)
    if kind in _ENDS:
        _read_end(field(event, "response"), draft)
    if kind == "response.output_item.done":
        return _want([field(event, "item")], draft)
    if kind in ("response.output_text.delta", "response.refusal.delta"):
        return draft.say(field(event, "delta"))
    return isinstance(kind, str) and kind.endswith(".delta")


def read_whole(answer: object, draft: Draft) -> None:
    """Take an answer that came in one piece."""
    raise_error(field(answer, "error"))
    output = field(answer, "output")
    for item in output if isinstance(output, list) else []:
        content = field(item, "content")
        for part in content if isinstance(content, list) else []:
            draft.say(field(part, "text") if field(part, "type") == "output_text" else field(part, "refusal"))
    _read_end(answer, draft)


def _steps(prompt: Prompt) -> Iterator[JsonValue]:
    """What the model called so far, and what came of it."""
    for number, step in enumerate(prompt.steps):
        if step.text:
            yield {"role": "assistant", "content": step.text}
        calls = [(call_id(number, position), named(call)) for position, call in enumerate(step.calls)]
        for name, call in calls:
            yield {"type": "function_call", "call_id": name, "name": call.name, "arguments": call.arguments}
        for name, call in calls:
            yield {"type": "function_call_output", "call_id": name, "output": call.result or ""}


def _want(items: object, draft: Draft) -> bool:
    """Take the calls among these items; one that was told before is the same by its id."""
    wants = False
    for item in items if isinstance(items, list) else []:
        name = field(item, "call_id")
        if field(item, "type") == "function_call" and isinstance(name, str) and not draft.wants(name):
            wants = draft.want(name, field(item, "name"), field(item, "arguments")) or wants
    return wants


def _read_end(response: object, draft: Draft) -> None:
    raise_error(field(response, "error"))
    _want(field(response, "output"), draft)
    draft.name(field(response, "model"))
    draft.finish(field(response, "incomplete_details", "reason") or field(response, "status"))
    usage = field(response, "usage")
    if isinstance(usage, dict):
        draft.tokens = Tokens(
            input=count(usage.get("input_tokens")),
            output=count(usage.get("output_tokens")),
            cached=count(field(usage, "input_tokens_details", "cached_tokens")),
        )
