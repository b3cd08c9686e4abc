"""The gateway: polls what cannot be called, once however many run, and loses nothing when it is killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import func, select, update

from adapters.database.channels import credentials_vault, seal_credentials
from adapters.database.records import Event
from adapters.database.tables import ChannelRow
from commands.channel_locks import ChannelLocks
from commands.gateway import poll
from tests.machine import until
from tests.processes import command
from tests.product import MadeChannel, Product, make_channel
from tests.simulated import TOKEN

CHAT = 7
OTHER_TOKEN = "654321:" + "B" * 35
_WITHIN_SECONDS = 30.0


async def polled(product: Product, token: str = TOKEN) -> MadeChannel:
    return await make_channel(
        product.settings, product.database, "telegram", {"token": token}, {"polling": True},
        bursts={"policy": "queue"}, model={"provider": "demo"},
    )  # fmt: skip


@asynccontextmanager
async def polling(product: Product) -> AsyncIterator[None]:
    """A gateway in this process."""
    running = asyncio.create_task(poll(product.settings))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})


async def count_events(product: Product) -> int:
    async with product.database.begin() as connection:
        return await connection.scalar(select(func.count()).select_from(Event)) or 0


async def sent(product: Product, count: int) -> None:
    async def enough() -> bool:
        return len(await product.simulated.sent(CHAT)) >= count

    await until(enough, _WITHIN_SECONDS)


@pytest.mark.slow
async def test_a_polled_message_is_answered(product: Product) -> None:
    await polled(product)
    async with command(product.settings, "gateway") as gateway:
        await product.simulated.say(CHAT, "hello")
        await sent(product, 1)

        assert await gateway.stop() == 0
    assert await product.states() == [("answered", None)]


@pytest.mark.slow
async def test_messages_that_came_while_no_gateway_ran_are_answered_once(product: Product) -> None:
    await polled(product)
    await product.simulated.say(CHAT, "one")
    async with command(product.settings, "gateway") as first:
        await sent(product, 1)
        await first.kill()
    await product.simulated.say(CHAT, "two")
    async with polling(product):
        await sent(product, 2)

    assert await count_events(product) == 2
    assert len(await product.simulated.sent(CHAT)) == 2


@pytest.mark.slow
async def test_a_second_gateway_stands_by_and_takes_over(product: Product) -> None:
    await polled(product)
    async with AsyncExitStack() as first:
        await first.enter_async_context(polling(product))
        await product.simulated.say(CHAT, "one")
        await sent(product, 1)
        async with polling(product):
            await product.simulated.say(CHAT, "two")
            await sent(product, 2)
            conflicts = [call for call in await product.simulated.ledger("call") if call["status"] == 409]
            await first.aclose()
            await product.simulated.say(CHAT, "three")
            await sent(product, 3)

    assert conflicts == []
    assert await count_events(product) == 3


@pytest.mark.slow
async def test_channels_come_and_go_while_it_runs(product: Product) -> None:
    async with polling(product):
        channel = await polled(product)
        await product.simulated.say(CHAT, "hello")
        await sent(product, 1)
        await _change(product, channel, deleted_at=func.now())
        await until(lambda: _is_free(product, channel), _WITHIN_SECONDS)

        await polled(product)
        await product.simulated.say(CHAT, "again")
        await sent(product, 2)


@pytest.mark.slow
async def test_a_refused_token_waits_until_it_is_corrected(product: Product) -> None:
    await product.simulated.post("/telegram/settings", refused_tokens=[OTHER_TOKEN])
    channel = await polled(product, OTHER_TOKEN)
    await product.simulated.say(CHAT, "hello")
    async with polling(product):
        await until(lambda: _was_refused(product), _WITHIN_SECONDS)
        vault = credentials_vault(product.settings.secrets())
        await _change(product, channel, **seal_credentials(vault, channel.id, {"token": TOKEN}))
        await sent(product, 1)


@pytest.mark.slow
async def test_a_token_that_is_accepted_again_needs_nobody(product: Product) -> None:
    channel = await polled(product)
    await product.simulated.say(CHAT, "hello")
    await product.simulated.post("/telegram/settings", refused_tokens=[TOKEN])

    async def is_known() -> bool:
        return (await product.access(channel)).problem is not None

    async with polling(product):
        await until(is_known, _WITHIN_SECONDS)
        await product.simulated.post("/telegram/settings", refused_tokens=[])
        await sent(product, 1)
    assert not await is_known()


async def _is_free(product: Product, channel: MadeChannel) -> bool:
    """Whether another gateway could poll the channel."""
    assert product.settings.database_url is not None
    locks = ChannelLocks(product.settings.database_url)
    try:
        await locks.renew()
        return await locks.take(channel.id)
    finally:
        await locks.close()


async def _was_refused(product: Product) -> bool:
    return any(call["status"] == 401 for call in await product.simulated.ledger("call"))


async def _change(product: Product, channel: MadeChannel, **values: object) -> None:
    async with product.database.begin() as connection:
        await connection.execute(update(ChannelRow).where(ChannelRow.id == channel.id).values(**values))
