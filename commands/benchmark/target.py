"""What is measured, seen from the load: something that takes messages, and tells when each was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Answered:
    """A message's text, and when it was answered, in seconds of the machine's monotonic clock."""

    text: str
    at: float


@dataclass(frozen=True)
class History:
    """How much Temporal holds of a conversation; at rest, nothing is under way."""

    events: int
    size_bytes: int
    is_at_rest: bool


class Target(Protocol):
    """One side of the comparison; `chat` is a number that stands for a conversation.

    `refusals` counts how often a message had to be brought again.
    """

    refusals: int

    async def send(self, chat: int, text: str) -> None:
        """Bring a message; returns when it is acknowledged."""

    async def send_unanswered(self, chat: int, text: str) -> None:
        """Bring a message that is only taken in: nothing answers."""

    async def answered(self) -> Sequence[Answered]:
        """What was answered since the last call."""

    async def history(self, chat: int) -> History:
        """How long a conversation's history is now."""
