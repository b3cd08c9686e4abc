"""The answer cache: which answers may be given again, and what makes two questions the same."""

import hashlib
import json

from domain.bots import Model
from domain.models import Frozen
from domain.prices import Tokens
from domain.transcripts import Prompt

_NOT_DECIDING = {"timeout_seconds", "first_token_seconds", "stall_seconds", "price"}
"""What of a model's settings has no part in what it says; all else has, and so has what is added one day."""
_COUNTED = {"estimated_tokens", "left_out"}
_WHOLE = frozenset({"stop", "completed"})


class KeptAnswer(Frozen):
    """An answer that may be given again, with what it came to when it was bought."""

    key: str
    question: str
    model: str
    """The one that was asked; which one says that it answered is `answered_by`."""
    answered_by: str
    text: str
    tokens: Tokens
    cost: float | None
    hours: float


def key_of(endpoint: str, model: Model, prompt: Prompt) -> str:
    """What is the same for two questions alone where everything is that decides the answer."""
    decides = [
        endpoint,
        model.model_dump(mode="json", exclude=_NOT_DECIDING),
        prompt.model_dump(mode="json", exclude=_COUNTED),
    ]
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def is_whole(finish_reason: str | None) -> bool:
    """Whether a model said all that it had to say: what was cut, filtered or broken off is not given twice."""
    return finish_reason in _WHOLE


def question_of(prompt: Prompt) -> str:
    """What was asked last, by which its owner finds an answer."""
    return next((line.text for line in reversed(prompt.lines) if line.role == "user"), "")


def like(pattern: str) -> str:
    """A pattern in which `*` stands for anything, as PostgreSQL's LIKE has it."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")
