"""The contract of a model provider: a prompt in, an answer with its cost out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from domain.bots import Model
from domain.models import Frozen
from domain.prices import Tokens
from domain.tool_calls import WantedCall
from domain.transcripts import Prompt
from domain.verdicts import Finding

BUILT_IN = "built-in"
"""The endpoint of the demo model, which understands nothing."""


class Answer(Frozen):
    """What a model said, and what it counted."""

    text: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """The part of `input_tokens` that the provider had in its cache."""
    free: bool = False
    """The built-in model answered, whichever was asked."""
    finish_reason: str | None = None
    calls: tuple[WantedCall, ...] = ()
    """What it wants called before it answers."""

    @property
    def tokens(self) -> Tokens:
        """What is paid for."""
        return Tokens(input=self.input_tokens, output=self.output_tokens, cached=self.cached_tokens)


class Listener(Protocol):
    """Whoever wants to hear an answer while it is given; neither call may wait or fail."""

    def begin(self) -> None:
        """A model begins to answer: what was heard before does not count."""

    def hear(self, piece: str) -> None:
        """The next words of the answer."""


@dataclass(frozen=True)
class Checked:
    """What an endpoint said to one of its keys; no key where it wants none, no problem where all is well."""

    key: str | None
    problem: str | None


class Provider(Protocol):
    """A model provider; what it raises is from `adapters.errors`."""

    @property
    def endpoint(self) -> str:
        """What logs and metrics may call the place where it answers."""

    @property
    def identity(self) -> str:
        """What tells its answers from those of any other endpoint; it holds no secret."""

    async def complete(self, model: Model, prompt: Prompt, listener: Listener | None = None) -> Answer:
        """One call of the model, without retries of its own; a listener hears the answer as it comes."""

    async def examine(self) -> tuple[Checked, ...]:
        """Ask the provider whether each key is accepted."""


@dataclass(frozen=True)
class Asked:
    """A provider, and the model as it is to be asked."""

    provider: Provider
    model: Model


Asking = Callable[[Asked, Prompt], Awaitable[str]]
"""How a judge that is a model asks it: through the circuits, limits and budgets that hold for every call."""


class Judge(Protocol):
    """A moderation provider; what it raises is from `adapters.errors`."""

    async def judge(self, text: str, asking: Asking) -> tuple[Finding, ...]:
        """What it finds in a text, and what it only thought of, with its scores where it gives any."""


class Models(Protocol):
    """Who answers and who judges for the bots of a workspace; what it raises is from `adapters.errors`."""

    async def asked(self, workspace_id: UUID, model: Model) -> Asked:
        """Who answers for a bot's model, and as what it is asked."""

    async def judge(self, workspace_id: UUID, name: str) -> Judge:
        """Who judges under the name that a bot's settings give."""
