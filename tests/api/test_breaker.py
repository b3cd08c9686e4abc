"""The breaker: while the database is away, nobody waits for it, and nobody overtakes who waited."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.breaker import Breaker, is_away
from api.budgets import DatabaseSilent
from tests.machine import until

SHORT, LONG = 0.01, 3600.0


class Asked:
    """A database that counts what it is asked, and answers as told."""

    def __init__(self) -> None:
        self.times = 0
        self.checked = 0
        self.error: Exception | None = OperationalError("", None, Exception())

    async def answer(self) -> str:
        """What it is asked."""
        self.times += 1
        if self.error is not None:
            raise self.error
        return "answered"

    async def check(self) -> None:
        """Whether it is back."""
        self.checked += 1
        if self.error is not None:
            raise self.error

    async def hang(self) -> str:
        """A question to which nothing comes."""
        self.times += 1
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never


@pytest.fixture
def database() -> Asked:
    """A database that is away."""
    return Asked()


@asynccontextmanager
async def breaker(database: Asked, budget_seconds: float = LONG, rest_seconds: float = LONG) -> AsyncIterator[Breaker]:
    """A breaker, for the length of the block."""
    made = Breaker(database.check, budget_seconds, rest_seconds)
    yield made
    await made.close()


async def away(breaker: Breaker, question: Callable[[], Coroutine[object, object, str]]) -> bool:
    """Ask; whether the database was away."""
    try:
        await breaker.ask(question)
    except (SQLAlchemyError, OSError) as error:
        return is_away(error)
    return False


async def test_after_a_failure_nobody_asks(database: Asked) -> None:
    async with breaker(database) as tried:
        assert [await away(tried, database.answer) for _ in range(3)] == [True] * 3
    assert database.times == 1


async def test_silence_is_a_failure_after_the_budget(database: Asked) -> None:
    async with breaker(database, budget_seconds=SHORT) as tried:
        with pytest.raises(DatabaseSilent):
            await tried.ask(database.hang)
        assert await away(tried, database.answer)
    assert database.times == 1


async def test_a_database_that_answers_others_is_busy_and_not_away(database: Asked) -> None:
    database.error = None
    async with breaker(database, budget_seconds=SHORT) as tried:
        with pytest.raises(DatabaseSilent):
            await tried.ask(database.hang)
        assert await tried.ask(database.answer) == "answered"


async def test_while_the_database_is_busy_a_question_gets_its_budget_twice(database: Asked) -> None:
    database.error = None

    async def slow() -> str:
        await until(lambda: database.checked > 0)
        return await database.answer()

    async with breaker(database, budget_seconds=0.3) as tried:
        assert await tried.ask(slow) == "answered"


async def test_who_waits_hears_of_a_failure_at_once_and_in_order(database: Asked) -> None:
    heard: list[int] = []

    async def ask(number: int, question: Callable[[], Coroutine[object, object, str]]) -> None:
        assert await away(tried, question)
        heard.append(number)

    async with breaker(database) as tried:
        waiting = [asyncio.create_task(ask(number, database.hang)) for number in range(3)]
        await until(lambda: database.times == 3)
        await ask(3, database.answer)
        await until(lambda: len(heard) == 4)
        await asyncio.gather(*waiting)
    assert [number for number in heard if number < 3] == [0, 1, 2]


async def test_it_looks_itself_whether_the_database_is_back(database: Asked) -> None:
    async def back() -> bool:
        return not await away(tried, database.answer)

    async with breaker(database, rest_seconds=SHORT) as tried:
        assert await away(tried, database.answer)
        await until(lambda: database.checked > 2)
        assert database.times == 1
        database.error = None
        await until(back)
        assert [await tried.ask(database.answer) for _ in range(3)] == ["answered"] * 3


async def test_it_notices_each_outage(database: Asked) -> None:
    async def back() -> bool:
        return not await away(tried, database.answer)

    async with breaker(database, rest_seconds=SHORT) as tried:
        for _ in range(3):
            database.error = OperationalError("", None, Exception())
            assert await away(tried, database.answer)
            database.error = None
            await until(back)


async def test_a_refusal_is_an_answer(database: Asked) -> None:
    database.error = IntegrityError("", None, Exception())
    async with breaker(database) as tried:
        assert [await away(tried, database.answer) for _ in range(3)] == [False] * 3
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
