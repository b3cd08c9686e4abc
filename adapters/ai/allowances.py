"""The limits of a model's keys, kept before the provider has to complain, by all processes together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from adapters.ai.base import Answer
from adapters.ai.endpoints import Key
from adapters.database import allowances
from adapters.database.engine import Database
from adapters.errors import RateLimited
from domain.bots import Model
from domain.offered_models import RateLimits
from domain.transcripts import Prompt


class Use:
    """One call, and what it took where its provider said so."""

    def __init__(self) -> None:
        self.answer: Answer | None = None


class Allowances:
    """The limits of one model, the same for each of its keys."""

    def __init__(self, database: Database, model_id: UUID, limits: RateLimits) -> None:
        self._database = database
        self._model_id = model_id
        self._limits = limits

    @asynccontextmanager
    async def used(self, key: Key, model: Model, prompt: Prompt) -> AsyncIterator[Use]:
        """Count a call by the most that it may take, and correct that by what it took.

        Raises `RateLimited` where too little is left. A call that gets no answer keeps what was counted: the provider
        may have counted it as well.
        """
        use = Use()
        if self._limits == RateLimits():
            yield use
            return
        most = prompt.estimated_tokens + model.max_output_tokens
        async with self._database.begin() as connection:
            wait = await allowances.take(connection, self._model_id, key.name, self._limits, most)
        if wait is not None:
            raise RateLimited(f"the limits of the model {model.name!r} are reached for the key {key.name!r}", wait)
        yield use
        if use.answer is not None and use.answer.tokens.total < most:
            # An answer is worth more than the count: what is not given back comes back with time.
            with suppress(SQLAlchemyError):
                async with self._database.once() as connection:
                    unused = most - use.answer.tokens.total
                    await allowances.give_back(connection, self._model_id, key.name, unused)
