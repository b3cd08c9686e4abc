"""Several connections of one Discord bot: each server is heard by one of them, whatever their number becomes."""

import pytest

from adapters.database import gateway_positions
from tests.discord import Server, join_server, listening
from tests.machine import until
from tests.processes import command
from tests.product import Product

ANSWERED = ("answered", None)
GUILDS = tuple(str((number + 6 << 22) + 1) for number in range(6))
"""Of 2 or 3 shards, the servers of shard 0, 1, 0 or 2, 1 or 0, and so on."""


async def everywhere(server: Server, what: str, guilds: tuple[str, ...] = GUILDS[:3]) -> list[str]:
    """Somebody calls the bot in each server, and in the conversation with it; what it is to answer."""
    for number, guild in enumerate(guilds):
        await server.say(f"<@me> {what} {number}", channel=str(8000001 + number), guild=guild)
    await server.say(what)
    return [f"You said: {what}", *(f"You said: Test User: {what} {number}" for number in range(len(guilds)))]


async def enter(server: Server, guilds: tuple[str, ...] = GUILDS[:3], **starts: object) -> None:
    """The bot is added to servers, and Discord has it connect so."""
    for number, guild in enumerate(guilds):
        await server.product.simulated.post(f"/discord/channels/{8000001 + number}", guild=guild)
    await server.post("/starts", **{"max_concurrency": 16, "seconds_apart": 0, **starts})


async def heard(server: Server, *texts: str) -> None:
    """Wait until each of these was said once, and nothing else."""
    await server.until_ended(*[ANSWERED] * len(texts))
    assert sorted(map(str, await server.texts())) == sorted(texts)


async def kept(server: Server) -> list[tuple[int, int]]:
    """The shards whose sessions could be resumed."""
    async with server.product.database.begin() as connection:
        positions = await gateway_positions.load(connection, server.channel.id)
    return sorted((shard.number, shard.of) for shard, position in positions.items() if position.session_id)


async def until_kept(server: Server, of: int) -> None:
    """Wait until there are the sessions of so many shards, and of no other number."""

    async def are() -> bool:
        return await kept(server) == [(number, of) for number in range(of)]

    await until(are)


async def are_left(server: Server, sessions: int) -> bool:
    """Whether so many sessions may still begin on this day."""
    limit = (await server.connections())["session_start_limit"]
    return isinstance(limit, dict) and limit["remaining"] == sessions


@pytest.mark.slow
async def test_each_shard_hears_its_servers_and_goes_on_when_it_was_killed(product: Product) -> None:
    server = await join_server(product)
    await enter(server, shards=3)
    async with command(product.settings, "gateway") as gateway:
        await until_kept(server, 3)
        said = await everywhere(server, "one")
        await heard(server, *said)
        await gateway.kill()
    said += await everywhere(server, "two")
    async with listening(server):
        await heard(server, *said)

    # Three connections that begin at once arrive in any order.
    begun = sorted((await server.connections())["begun"], key=str)
    assert begun == [{"in_time": True, "shard": [number, 3]} for number in range(3)], "all of them were resumed"
    assert await server.calls("messages") == [], "the sessions told it, nobody had to look"


@pytest.mark.slow
async def test_another_number_of_shards_loses_nothing_that_is_said_meanwhile(product: Product) -> None:
    server = await join_server(product)
    await enter(server, shards=2)
    await server.set_up(shards=2)
    async with listening(server):
        await until_kept(server, 2)
        said = await everywhere(server, "one")
        await heard(server, *said)
    said += await everywhere(server, "two")
    await server.set_up(shards=3)
    async with listening(server):
        said += await everywhere(server, "three")
        await until_kept(server, 3)
        await heard(server, *said)
        await server.set_up(shards=1)
        said += await everywhere(server, "four")
        await until_kept(server, 1)
        await heard(server, *said)


@pytest.mark.slow
async def test_more_shards_are_taken_once_discord_demands_them(product: Product) -> None:
    server = await join_server(product)
    await enter(server)
    await server.set_up(shards=1)
    async with listening(server):
        said = await everywhere(server, "one")
        await heard(server, *said)
        await server.post("/starts", shards=3, guilds_per_shard=1)
        await server.post("/gateway", do="invalidate")
        said += await everywhere(server, "two")
        await until_kept(server, 3)
        await heard(server, *said)


@pytest.mark.slow
async def test_what_discord_refuses_is_not_tried_again_until_it_is_mended(product: Product) -> None:
    server = await join_server(product)
    await enter(server, shards=1, guilds_per_shard=1)
    async with command(product.settings, "gateway"):
        await until(lambda: are_left(server, 999))
        await server.set_up(shards=3)
        await until_kept(server, 3)

    assert await are_left(server, 996), "one was refused, three were begun"


@pytest.mark.slow
async def test_no_session_is_begun_of_the_last_ones_of_a_day(product: Product) -> None:
    server = await join_server(product)
    await enter(server, shards=2, remaining=50, reset_after_seconds=1.0)
    async with listening(server):
        await until_kept(server, 2)

    assert await are_left(server, 998), "both were begun on the next day"


@pytest.mark.slow
async def test_sessions_of_one_bucket_begin_one_after_another(product: Product) -> None:
    server = await join_server(product)
    await enter(server, shards=2, max_concurrency=1, seconds_apart=1.0)
    async with listening(server):
        await until_kept(server, 2)

    assert (await server.connections())["begun"] == [{"shard": [number, 2], "in_time": True} for number in range(2)]


@pytest.mark.slow
async def test_a_bot_that_may_read_no_longer_goes_on_without(product: Product) -> None:
    server = await join_server(product)
    await enter(server)
    async with listening(server):
        await server.say("one")
        await server.until_ended(ANSWERED)
        await server.post("/app", flags=0)
        await server.post("/gateway", do="invalidate")
        await server.say("two")
        await server.until_ended(ANSWERED, ANSWERED)

    assert len((await server.connections())["begun"]) == 2
    assert (await product.access(server.channel)).channel.account["reads"] is False
