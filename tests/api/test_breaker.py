"""The breaker: while the database is away, one caller in a while finds that out, and the others are told at once."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.breaker import Breaker, is_away
from api.budgets import DatabaseSilent
from tests.machine import until

SHORT, LONG = 0.01, 3600.0


class Asked:
    """A database that counts what it is asked, and answers as told."""

    def __init__(self) -> None:
        self.times = 0
        self.error: Exception | None = OperationalError("", None, Exception())

    async def answer(self) -> str:
        """What it is asked."""
        self.times += 1
        if self.error is not None:
            raise self.error
        return "answered"

    async def hang(self) -> str:
        """A question to which nothing comes."""
        self.times += 1
        return await asyncio.get_running_loop().create_future()


async def away(breaker: Breaker, question: Callable[[], Coroutine[object, object, str]]) -> bool:
    """Ask; whether the database was away."""
    try:
        await breaker.ask(question)
    except Exception as error:  # noqa: BLE001 - which it is, is what is asked
        return is_away(error)
    return False


async def test_after_a_failure_nobody_asks_for_a_moment() -> None:
    breaker, database = Breaker(rest_seconds=LONG), Asked()
    assert [await away(breaker, database.answer) for _ in range(3)] == [True] * 3
    assert database.times == 1


async def test_silence_is_a_failure_after_the_budget() -> None:
    breaker, database = Breaker(budget_seconds=SHORT, rest_seconds=LONG), Asked()
    with pytest.raises(DatabaseSilent):
        await breaker.ask(database.hang)
    assert await away(breaker, database.answer)
    assert database.times == 1


async def test_after_the_moment_one_caller_asks_and_the_others_go_on_without() -> None:
    breaker, database = Breaker(budget_seconds=LONG, rest_seconds=SHORT), Asked()
    assert await away(breaker, database.answer)
    asking: list[asyncio.Task[bool]] = []

    async def asked_again() -> bool:
        asking.append(asyncio.create_task(away(breaker, database.hang)))
        await asyncio.sleep(0)
        return database.times == 2

    await until(asked_again)
    assert [await away(breaker, database.hang) for _ in range(3)] == [True] * 3
    assert database.times == 2
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


async def test_when_it_answers_everybody_asks_again() -> None:
    breaker, database = Breaker(rest_seconds=SHORT), Asked()
    assert await away(breaker, database.answer)
    database.error = None

    async def back() -> bool:
        return not await away(breaker, database.answer)

    await until(back)
    times = database.times
    assert [await breaker.ask(database.answer) for _ in range(3)] == ["answered"] * 3
    assert database.times == times + 3


async def test_a_refusal_is_an_answer() -> None:
    breaker, database = Breaker(rest_seconds=LONG), Asked()
    database.error = IntegrityError("", None, Exception())
    assert [await away(breaker, database.answer) for _ in range(3)] == [False] * 3
    assert database.times == 3


@pytest.mark.parametrize(("error", "expected"), [
    (OperationalError("", None, Exception()), True),
    (InterfaceError("", None, Exception()), True),
    (DataError("", None, Exception(), connection_invalidated=True), True),
    (PoolTimeoutError(), True),
    (ConnectionRefusedError(), True),
    (DatabaseSilent(), True),
    (DataError("", None, Exception()), False),
    (ValueError(), False),
])  # fmt: skip
def test_a_database_that_is_away_is_told_from_one_that_refuses(error: Exception, expected: bool) -> None:
    assert is_away(error) is expected
