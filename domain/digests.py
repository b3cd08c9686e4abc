"""A conversation in short for whoever asks for it: what was said, and which questions are open."""

from collections.abc import Sequence

from pydantic import Field, JsonValue

from domain.models import Frozen
from domain.recollection import LEAST_TOKENS, MAX_SUMMARY_CHARACTERS, Said
from domain.recollection import asked as asked_for_summary
from domain.structured import NotAsAsked, asking, fields, read
from domain.text import shortened
from domain.transcripts import Prompt

MOST_QUESTIONS = 20
_MAX_QUESTION_CHARACTERS = 500
_OPEN = "In `summary` is the summary, in `open_questions` what is still to be answered or done, a short sentence each."


class Digest(Frozen):
    """What a model made of a conversation."""

    summary: str = Field(min_length=1)
    open_questions: tuple[str, ...]


def asked(earlier: str | None, past: Sequence[Said], budget_tokens: int) -> Prompt:
    """What the model is asked; `earlier` is a summary of what stands before the past."""
    told, said = asked_for_summary(earlier, past, None, max(budget_tokens, LEAST_TOKENS)).lines
    questions: JsonValue = {"type": "array", "items": {"type": "string"}}
    return asking(
        "digest", f"{told.text} {_OPEN}", said.text, fields(summary={"type": "string"}, open_questions=questions)
    )


def digest(answer: str) -> Digest:
    """What an answer says, bounded; raises `NotAsAsked`."""
    found = read(Digest, answer)
    if not found.summary.strip():
        raise NotAsAsked("the model summarised a conversation as nothing")
    questions = [shortened(item.strip(), _MAX_QUESTION_CHARACTERS) for item in found.open_questions if item.strip()]
    return Digest(
        summary=shortened(found.summary.strip(), MAX_SUMMARY_CHARACTERS),
        open_questions=tuple(questions[:MOST_QUESTIONS]),
    )
