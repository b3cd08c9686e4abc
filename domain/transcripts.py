"""From a transcript to a prompt: the newest part of the past that fits the bot's budget of messages and tokens."""

from base64 import b64encode
from collections.abc import Sequence
from math import ceil
from typing import Literal

from pydantic import Field, JsonValue, field_serializer

from domain.attachments import bracketed
from domain.events import Attachment
from domain.models import Frozen
from domain.text import shortened
from domain.tool_calls import OfferedTool, Step

_TOKENS_PER_MESSAGE = 4
_TOKENS_FOR_REPLY_PRIMING = 3
_TOKENS_PER_IMAGE = 1_100
"""What a large one costs, as platform.openai.com/docs/guides/images-vision reckons."""
_WIDE_FROM = 0x2E80


class Image(Frozen):
    """A picture, for models that see."""

    type: str
    content: bytes = Field(repr=False)

    @field_serializer("content", when_used="json")
    def _encoded(self, content: bytes) -> str:
        return b64encode(content).decode()


class Line(Frozen):
    """One message of the past, as the model is to see it; one that cannot see is not shown its images."""

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[Image, ...] = ()


class AnswerShape(Frozen):
    """The shape that an answer is to have; an endpoint that can holds the model to it."""

    name: str
    json_schema: dict[str, JsonValue]


class Prompt(Frozen):
    """What goes to the model; `left_out` counts the older messages that did not fit."""

    lines: tuple[Line, ...]
    estimated_tokens: int
    left_out: int = 0
    tools: tuple[OfferedTool, ...] = ()
    may_call: bool = True
    """Whether the model may still call the tools."""
    steps: tuple[Step, ...] = ()
    """What the model has called in this turn, behind the lines."""
    answer_shape: AnswerShape | None = None


def estimate_tokens(text: str) -> int:
    """An upper estimate of a text's tokens: four characters a token, one each from CJK on, a tenth on top."""
    wide = sum(1 for character in text if ord(character) >= _WIDE_FROM)
    return ceil(((len(text) - wide) / 4 + wide) * 1.1)


def build(instructions: str, past: Sequence[Line], *, budget_tokens: int, most_messages: int, must_see: int) -> Prompt:
    """The prompt: instructions, then the newest lines of the past that fit.

    The last `must_see` lines are what is being answered: they are kept whole even where they alone exceed the budget.
    """
    used = _TOKENS_FOR_REPLY_PRIMING + (_cost(Line(role="system", text=instructions)) if instructions else 0)
    kept: list[Line] = []
    for position, line in enumerate(reversed(past)):
        cost = _cost(line)
        if position >= must_see and (used + cost > budget_tokens or position >= most_messages):
            break
        kept.append(line)
        used += cost
    system = (Line(role="system", text=instructions),) if instructions else ()
    return Prompt(lines=(*system, *reversed(kept)), estimated_tokens=used, left_out=len(past) - len(kept))


def cut_to(past: Sequence[Line], newest: int, most_tokens: int) -> tuple[tuple[Line, ...], int]:
    """The lines, where the newest so many come to more than `most_tokens` with the longest of these cut; how many are.

    Each may have an equal share; what is shorter stays whole.
    """
    asked = past[len(past) - newest :]
    if newest == 0 or sum(_cost(line) for line in asked) <= most_tokens:
        return tuple(past), 0
    share = max(most_tokens // newest - _TOKENS_PER_MESSAGE, 1)
    kept = [line.model_copy(update={"text": _within(line.text, share)}) for line in asked]
    return (*past[: len(past) - newest], *kept), sum(1 for old, new in zip(asked, kept, strict=True) if old != new)


def _within(text: str, tokens: int) -> str:
    """The beginning of a text that has no more tokens than that."""
    while (found := estimate_tokens(text)) > tokens and text:
        text = shortened(text, min(len(text) * tokens // found, len(text) - 1))
    return text


def worded(text: str, attachments: Sequence[Attachment]) -> str:
    """A message as the model reads it: its text, and what was attached in words."""
    return "\n".join(part for part in (text, *map(bracketed, attachments)) if part)


def _cost(line: Line) -> int:
    return estimate_tokens(line.text) + _TOKENS_PER_MESSAGE + _TOKENS_PER_IMAGE * len(line.images)
