"""The breaker: an outage of the database costs those who meet it first its budget, and the others nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.background import ended
from api.budgets import DatabaseSilent, in_time, look_at

BUDGET_SECONDS = 1.0
"""How long a question may take, and once more as long while the database answers others."""
CHECK_SECONDS = 0.3
REST_SECONDS = 1.0
Done = TypeVar("Done")


def is_away(error: BaseException) -> bool:
    """Whether the database was not there to ask, or may not be written to; not whether it refused what was asked."""
    if isinstance(error, DBAPIError):
        told = isinstance(error, OperationalError | InterfaceError) or isinstance(error.orig, ReadOnlySqlTransaction)
        return told or error.connection_invalidated
    return isinstance(error, PoolTimeoutError | psycopg.OperationalError | ConnectionError)


class Breaker:
    """Passes questions to the database on, until it does not answer one; then it is away for everybody, at once.

    Nobody's question finds out that it is back: who asked for others would be overtaken by them. `check` does.
    """

    def __init__(
        self,
        check: Callable[[], Coroutine[object, object, None]],
        budget_seconds: float = BUDGET_SECONDS,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        self._check = check
        self._budget_seconds = budget_seconds
        self._rest_seconds = rest_seconds
        self._away: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._looking: asyncio.Task[None] | None = None

    async def ask(self, question: Callable[[], Coroutine[object, object, Done]]) -> Done:
        """What the question gives; raises `DatabaseSilent` where it takes too long, or is not asked at all.

        Busy is not away: what waits for its turn, in the database or here, gets its budget twice, and no other question
        is given up for it. Who fled from a busy database to the other store would have both do the work.
        """
        if self._away.done():
            raise DatabaseSilent("the database did not answer a moment ago")
        asking = asyncio.create_task(question())
        asking.add_done_callback(look_at)
        either: tuple[asyncio.Future[Done] | asyncio.Future[None], ...] = (asking, self._away)
        await asyncio.wait(either, timeout=self._budget_seconds, return_when=asyncio.FIRST_COMPLETED)
        is_busy = not asking.done() and not self._away.done() and await self._answers()
        if is_busy:
            await asyncio.wait(either, timeout=self._budget_seconds, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            asking.cancel()
            if not is_busy:
                self._trip()
            raise DatabaseSilent(f"the database did not answer within {self._budget_seconds:g} seconds")
        if (error := asking.exception()) is not None and is_away(error):
            self._trip()
        return asking.result()

    async def _answers(self) -> bool:
        """Whether the database answers anything."""
        try:
            await in_time(self._check(), min(self._budget_seconds, CHECK_SECONDS))
        except (SQLAlchemyError, psycopg.Error, OSError):
            return False
        return True

    def _trip(self) -> None:
        """Everybody who waits for the database hears of it, in the order in which they came."""
        if not self._away.done():
            self._away.set_result(None)
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        """Until the database is back."""
        while True:
            await asyncio.sleep(self._rest_seconds)
            try:
                await in_time(self._check(), self._budget_seconds)
            except (SQLAlchemyError, psycopg.Error, OSError):
                continue
            self._away = asyncio.get_running_loop().create_future()
            return

    async def close(self) -> None:
        """Look no longer."""
        if self._looking is not None:
            await ended(self._looking)
