"""The breaker: an outage of the database costs one caller in a while its budget, and the others nothing."""

import time
from collections.abc import Callable, Coroutine
from typing import TypeVar

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.budgets import DatabaseSilent, in_time

BUDGET_SECONDS = 1.0
REST_SECONDS = 1.0
Done = TypeVar("Done")


def is_away(error: BaseException) -> bool:
    """Whether the database was not there to ask, or may not be written to; not whether it refused what was asked."""
    if isinstance(error, DBAPIError):
        told = isinstance(error, OperationalError | InterfaceError) or isinstance(error.orig, ReadOnlySqlTransaction)
        return told or error.connection_invalidated
    return isinstance(error, PoolTimeoutError | psycopg.OperationalError | ConnectionError)


class Breaker:
    """Passes questions to the database on; after one that it did not answer, for a moment, none.

    Then one caller tries, and until it knows the others are told at once that the database is away.
    """

    def __init__(self, budget_seconds: float = BUDGET_SECONDS, rest_seconds: float = REST_SECONDS) -> None:
        self._budget_seconds = budget_seconds
        self._rest_seconds = rest_seconds
        self._away = False
        self._open_until = 0.0

    async def ask(self, question: Callable[[], Coroutine[object, object, Done]]) -> Done:
        """What the question gives; raises `DatabaseSilent` where it takes too long, or is not asked at all."""
        if self._away:
            if time.monotonic() < self._open_until:
                raise DatabaseSilent("the database did not answer a moment ago")
            self._rest(self._budget_seconds + self._rest_seconds)
        try:
            done = await in_time(question(), self._budget_seconds)
        except Exception as error:
            self._note(away=is_away(error))
            raise
        self._note(away=False)
        return done

    def _note(self, *, away: bool) -> None:
        self._away = away
        self._rest(self._rest_seconds)

    def _rest(self, seconds: float) -> None:
        self._open_until = time.monotonic() + seconds
