"""The channels at hand: read anew after a change, and as they were for as long as the database is away."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.tables import ChannelRow
from api.breaker import Breaker
from api.budgets import DatabaseSilent
from api.channel_cache import ChannelCache
from settings import Settings
from tests.api.outages import through
from tests.machine import until
from tests.product import MadeChannel, make_channel
from tests.proxy import Proxy

PATIENCE_SECONDS, REST_SECONDS = 30.0, 0.01


@pytest.fixture
async def channel(settings: Settings, database: Database) -> MadeChannel:
    """A channel."""
    return await make_channel(settings, database)


@pytest.fixture
async def cache(settings: Settings, to_database: Proxy) -> AsyncIterator[ChannelCache]:
    """The channels at hand of a process whose database tests take away."""
    proxied = Database(str(through(settings, to_database).database_url))
    breaker = Breaker(proxied.check, PATIENCE_SECONDS, REST_SECONDS)
    yield ChannelCache(proxied, credentials_vault(settings.secrets()), breaker)
    await breaker.close()
    await proxied.close()


async def change(database: Database, channel: MadeChannel, **values: object) -> None:
    """Somebody changes the channel."""
    async with database.begin() as connection:
        await connection.execute(update(ChannelRow).where(ChannelRow.id == channel.id).values(**values))


async def setting(cache: ChannelCache, channel: MadeChannel) -> object:
    """What the channel at hand says."""
    access = await cache.get(channel.id)
    return access.channel.settings.get("colour") if access else None


async def test_a_channel_is_read_once_and_anew_after_a_change(
    cache: ChannelCache, channel: MadeChannel, database: Database
) -> None:
    assert await setting(cache, channel) is None
    await change(database, channel, settings={"colour": "red"})
    assert await setting(cache, channel) is None
    cache.forget()
    assert await setting(cache, channel) == "red"


async def test_a_change_that_cannot_be_read_takes_no_channel_away(
    cache: ChannelCache, channel: MadeChannel, database: Database, to_database: Proxy
) -> None:
    await cache.get(channel.id)
    await change(database, channel, settings={"colour": "red"})
    await to_database.cut()
    cache.forget()
    assert await cache.get(channel.id) is not None
    await to_database.listen()

    async def read_anew() -> bool:
        return await setting(cache, channel) == "red"

    await until(read_anew)


async def test_a_deleted_channel_is_there_only_until_that_can_be_read(
    cache: ChannelCache, channel: MadeChannel, database: Database, to_database: Proxy
) -> None:
    await cache.get(channel.id)
    await change(database, channel, deleted_at=ChannelRow.created_at)
    cache.forget()
    assert await cache.get(channel.id) is None
    await to_database.cut()
    with pytest.raises((OperationalError, DatabaseSilent)):
        await cache.get(channel.id)


async def test_a_channel_that_was_never_read_cannot_be_had_without_the_database(
    cache: ChannelCache, to_database: Proxy
) -> None:
    assert await cache.named("nonsense") is None
    assert await cache.get(uuid4()) is None
    await to_database.cut()
    with pytest.raises((OperationalError, DatabaseSilent)):
        await cache.get(uuid4())
