"""How long a model is waited for: until it begins to speak, between two words, and in all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.errors import OutOfTime
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
        """End the block when time is up; raises `OutOfTime` with what was waited for."""
        try:
            async with self._limit:
                yield
        except TimeoutError:
            waited, missed = self._missed()
            raise OutOfTime(f"the model {self._model.name!r} {missed}", waited) from None

    def _missed(self) -> tuple[float, str]:
        model = self._model
        if asyncio.get_running_loop().time() >= self._end:
            return model.timeout_seconds, f"did not answer in {model.timeout_seconds:g} s"
        if self._spoke:
            return model.stall_seconds, f"was silent for {model.stall_seconds:g} s in the middle of its answer"
        return model.first_token_seconds, f"did not begin to answer in {model.first_token_seconds:g} s"
