"""From a transcript to a prompt: the newest part of the past that fits the bot's budget of messages and tokens."""

from collections.abc import Sequence
from math import ceil
from typing import Literal

from domain.events import Attachment
from domain.models import Frozen
from domain.tool_calls import OfferedTool, Step

_TOKENS_PER_MESSAGE = 4
_TOKENS_FOR_REPLY_PRIMING = 3
_WIDE_FROM = 0x2E80


class Line(Frozen):
    """One message of the past, as the model is to see it."""

    role: Literal["system", "user", "assistant"]
    text: str


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


def estimate_tokens(text: str) -> int:
    """An upper estimate of a text's tokens: four characters a token, one each from CJK on, a tenth on top."""
    wide = sum(1 for character in text if ord(character) >= _WIDE_FROM)
    return ceil(((len(text) - wide) / 4 + wide) * 1.1)


def build(instructions: str, past: Sequence[Line], *, budget_tokens: int, most_messages: int, must_see: int) -> Prompt:
    """The prompt: instructions, then the newest lines of the past that fit.

    The last `must_see` lines are what is being answered: they are kept whole even where they alone exceed the budget.
    """
    used = _TOKENS_FOR_REPLY_PRIMING + (_cost(instructions) if instructions else 0)
    kept: list[Line] = []
    for position, line in enumerate(reversed(past)):
        cost = _cost(line.text)
        if position >= must_see and (used + cost > budget_tokens or position >= most_messages):
            break
        kept.append(line)
        used += cost
    system = (Line(role="system", text=instructions),) if instructions else ()
    return Prompt(lines=(*system, *reversed(kept)), estimated_tokens=used, left_out=len(past) - len(kept))


def worded(text: str, attachments: Sequence[Attachment]) -> str:
    """A message as the model reads it: its text, and what was attached in words."""
    named = [f"[{item.kind}{f': {item.name}' if item.name else ''}]" for item in attachments]
    return "\n".join(part for part in (text, *named) if part)


def _cost(text: str) -> int:
    return estimate_tokens(text) + _TOKENS_PER_MESSAGE
