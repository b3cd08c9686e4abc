"""Turns that are under way: what was said, when it was due, and when it was answered."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from commands.benchmark.target import Target

_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Taken:
    """How long a turn took, in seconds from when it was due; None: no answer came."""

    acknowledged: float
    answered: float | None


class Turns:
    """Follows one side; every text is said once and should be answered once."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._due: dict[str, float] = {}
        self._answers: dict[str, list[float]] = defaultdict(list)
        self._waiting: dict[str, asyncio.Event] = {}
        self._number = 0

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Answers are noticed until the block ends."""
        following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    def text(self) -> str:
        """Something to say that nobody said before."""
        self._number += 1
        return f"Hello, this is my message no. {self._number}: where is what I ordered last week?"

    async def take(self, chat: int, due: float | None = None) -> Taken:
        """One turn: a message that was due then (default: now), and its answer."""
        text = self.text()
        start = self._due[text] = time.monotonic() if due is None else due
        answered = self._waiting[text] = asyncio.Event()
        await self.target.send(chat, text)
        acknowledged = time.monotonic() - start
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await answered.wait()
        except TimeoutError:
            return Taken(acknowledged, None)
        finally:
            del self._waiting[text]
        return Taken(acknowledged, self._answers[text][0] - start)

    def account(self) -> dict[str, int]:
        """How many messages were said, answered, not answered, answered twice; and answers that nobody asked for."""
        answered = [text for text in self._due if self._answers.get(text)]
        return {
            "said": len(self._due),
            "answered": len(answered),
            "unanswered": len(self._due) - len(answered),
            "answered_twice": sum(len(self._answers[text]) > 1 for text in answered),
            "unasked": sum(text not in self._due for text in self._answers),
            "brought_again": self.target.refusals,
        }

    async def _follow(self) -> None:
        while True:
            for answer in await self.target.answered():
                self._answers[answer.text].append(answer.at)
                if answer.text in self._waiting:
                    self._waiting[answer.text].set()
            await asyncio.sleep(_POLL_SECONDS)
