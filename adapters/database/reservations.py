"""What a call beside the turns may cost is reserved as long as it runs, and given back when it fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from adapters.database import budgets, completions
from adapters.database.budgets import AnyCall
from adapters.database.engine import Database


@asynccontextmanager
async def kept(database: Database, call: AnyCall, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Keep what is reserved for a call until the block ends; whoever settles the call counts it instead."""
    renewing = asyncio.create_task(_renew(database, call, now))
    try:
        yield
    except BaseException:
        async with database.once() as connection:
            await budgets.release(connection, call)
        raise
    finally:
        renewing.cancel()
        await asyncio.wait({renewing})


async def _renew(database: Database, call: AnyCall, now: Callable[[], datetime]) -> None:
    while True:
        await asyncio.sleep(completions.RENEW_EVERY.total_seconds())
        with suppress(SQLAlchemyError):
            async with database.once() as connection:
                await budgets.renew(connection, call, now())
