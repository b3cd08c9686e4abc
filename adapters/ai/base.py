"""The contract of a model provider: a prompt in, an answer with its cost out."""

from typing import Protocol

from domain.bots import Model
from domain.models import Frozen
from domain.moderation import Verdict
from domain.transcripts import Prompt


class Answer(Frozen):
    """What a model said, and what it counted."""

    text: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    finish_reason: str | None = None


class Provider(Protocol):
    """A model provider; what it raises is from `adapters.errors`."""

    async def complete(self, model: Model, prompt: Prompt) -> Answer:
        """One call of the model, without retries of its own."""

    async def check(self) -> str:
        """Ask the provider whether the key is accepted; a sentence on what it said."""


class Judge(Protocol):
    """A moderation provider; what it raises is from `adapters.errors`."""

    async def judge(self, text: str) -> Verdict:
        """What it finds in a text."""
