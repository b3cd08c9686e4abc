"""What commands open: the database for one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.engine import Database
from settings import Settings


def database(settings: Settings) -> Database:
    """The database of the settings, which have an address."""
    assert settings.database_url is not None
    return Database(settings.database_url, settings.database_pool_size)


@asynccontextmanager
async def transaction(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """One transaction on a connection of its own."""
    opened = database(settings)
    try:
        async with opened.begin() as connection:
            yield connection
    finally:
        await opened.close()
