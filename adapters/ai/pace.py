"""How long a model is waited for: until it begins to speak, between two words, and in all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.errors import Unreachable
from domain.bots import Model


class Pace:
    """The time that is left for one call of a model; each word gives it some more, until all of it is used up."""

    def __init__(self, model: Model) -> None:
        now = asyncio.get_running_loop().time()
        self._model = model
        self._end = now + model.timeout_seconds
        self._limit = asyncio.timeout_at(min(self._end, now + model.first_token_seconds))
        self._spoke = False

    def spoke(self) -> None:
        """Something was said."""
        self._spoke = True
        now = asyncio.get_running_loop().time()
        self._limit.reschedule(min(self._end, now + self._model.stall_seconds))

    def answers_whole(self) -> None:
        """The answer comes in one piece: all the time there is may pass before its first word."""
        self._spoke = True
        self._limit.reschedule(self._end)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """End the block when time is up; raises `Unreachable` with what was waited for."""
        try:
            async with self._limit:
                yield
        except TimeoutError:
            raise Unreachable(f"the model {self._model.name!r} {self._missed()}") from None

    def _missed(self) -> str:
        if asyncio.get_running_loop().time() >= self._end:
            return f"did not answer in {self._model.timeout_seconds:g} s"
        if self._spoke:
            return f"was silent for {self._model.stall_seconds:g} s in the middle of its answer"
        return f"did not begin to answer in {self._model.first_token_seconds:g} s"
