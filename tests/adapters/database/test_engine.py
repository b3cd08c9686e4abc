"""Connections: whoever leaves while one is made leaves nothing half made behind."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text

from adapters.database.engine import Database
from tests.machine import until


async def connections(address: str) -> int:
    """How many connections to this database the server knows, the one that asks left out."""
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as observer:
        return len(await (await observer.execute(query)).fetchall())


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 6, 8, 10, 13, 16, 20])
async def test_a_cancelled_caller_leaves_no_connection_behind(database_url: str, steps: int) -> None:
    database = Database(database_url)

    async def call() -> None:
        async with database.begin():
            await asyncio.Event().wait()

    calling = asyncio.create_task(call())
    for _ in range(steps):
        await asyncio.sleep(0.001)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await database.close()

    async def none_is_left() -> bool:
        return await connections(database_url) == 0

    await until(none_is_left)


@pytest.mark.parametrize("steps", [2, 5, 9, 14, 20])
async def test_a_cancelled_statement_gives_its_connection_back_before_the_end(database_url: str, steps: int) -> None:
    database = Database(database_url)
    await database.check()

    async def call() -> None:
        async with database.begin() as connection:
            await connection.execute(text("SELECT pg_sleep(5)"))

    calling = asyncio.create_task(call())
    for _ in range(steps):
        await asyncio.sleep(0.001)
    # Nobody waits for it: it is still letting go of its connection when the database is closed.
    calling.cancel()
    await asyncio.sleep(0)
    await database.close()
    assert calling.done()

    async def none_is_left() -> bool:
        return await connections(database_url) == 0

    await until(none_is_left)
