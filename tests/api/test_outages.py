"""A store that is away: what is acknowledged is safe, what is not is asked for again, and all of it ends answered."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from adapters.database.engine import Database
from adapters.temporal.handover import BUDGET
from settings import Settings
from tests.api.door import Door, said
from tests.api.outages import door_behind, readiness
from tests.api.visits import listening
from tests.machine import until
from tests.product import Visitor, make_channel, make_key, running_worker
from tests.proxy import Proxy
from tests.simulated import Simulated


@pytest.fixture
async def door(
    settings: Settings, database: Database, simulated: Simulated, to_database: Proxy, to_temporal: Proxy
) -> AsyncIterator[Door]:
    """An API that reaches its stores through proxies, and the simulator behind it."""
    async with door_behind(settings, database, to_database, to_temporal) as opened:
        yield opened


async def test_without_the_database_the_webchat_is_unavailable(
    door: Door, settings: Settings, database: Database, to_database: Proxy
) -> None:
    webchat = await make_channel(settings, database)
    visitor = Visitor(door.client, webchat.id)
    await visitor.enter()
    await to_database.cut()
    opened = await door.client.post(f"/webchat/{webchat.id}/sessions", json={})
    assert [opened.status_code, (await visitor.try_to_say("hello", "hello")).status_code] == [503, 503]
    assert "Retry-After" in opened.headers


async def test_a_database_that_is_frozen_has_the_api_unavailable(
    door: Door, settings: Settings, database: Database, to_database: Proxy
) -> None:
    """It takes connections and statements, and answers neither."""
    headers = {"Authorization": f"Bearer {await make_key(settings, database)}"}
    assert (await door.client.get("/v1/bots", headers=headers)).status_code == 200
    await to_database.hold()
    answers = await asyncio.gather(
        door.client.get("/v1/bots", headers=headers),
        door.client.post("/v1/bots", headers=headers, json={"name": "Ada"}),
        door.client.post("/v1/media", params={"name": "a.txt"}, headers=headers, content=b"a"),
    )
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "unavailable")] * 3
    await to_database.listen()

    async def is_back() -> bool:
        return (await door.client.get("/v1/bots", headers=headers)).status_code == 200

    await until(is_back)


@pytest.mark.slow
async def test_a_stream_ends_with_the_database_and_is_resumed_with_it(
    door: Door, settings: Settings, database: Database, to_database: Proxy
) -> None:
    webchat = await make_channel(settings, database)
    visitor = Visitor(door.client, webchat.id)
    await visitor.enter()
    seq = (await visitor.say("before")).json()["seq"]
    async with listening(door.client, webchat.id, visitor) as stream:
        assert (await stream.next()).id == seq
        await to_database.cut()
        await to_database.listen()
        await stream.ended(within_seconds=10)
    async with listening(door.client, webchat.id, visitor, seq) as stream:
        assert (await visitor.say("after")).status_code == 202
        assert (await stream.next()).data["text"] == "after"


async def test_an_api_that_starts_without_either_store_says_so_and_recovers(
    settings: Settings, database: Database, to_database: Proxy, to_temporal: Proxy
) -> None:
    await to_database.cut()
    await to_temporal.cut()
    async with door_behind(settings, database, to_database, to_temporal) as door:
        assert await readiness(door) == (503, "not_ready", False, False)
        assert (await door.client.get("/health/live")).status_code == 200
        assert (await door.client.get("/metrics")).status_code == 200
        await to_database.listen()
        await to_temporal.listen()

        async def ready() -> bool:
            return await readiness(door) == (200, "ready", True, True)

        await until(ready)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cut", "held"])
async def test_without_temporal_a_message_is_acknowledged_and_answered_later(
    settings: Settings, simulated: Simulated, door: Door, to_temporal: Proxy, how: str
) -> None:
    async def stand(state: str) -> bool:
        return [found for _, found, _ in await door.events()] == [state] * len(texts)

    texts = [f"number {number}" for number in range(1, 21)]
    await (to_temporal.cut() if how == "cut" else to_temporal.hold())
    started = time.monotonic()
    for number, text in enumerate(texts, 1):
        assert (await door.post(said(number, text))).status_code == 200
    # The first one waits for Temporal; for as long as it is known to be away, the others do not.
    assert time.monotonic() - started < len(texts) * BUDGET.total_seconds()
    await to_temporal.cut()
    await to_temporal.listen()
    await until(lambda: stand("queued"))
    pointed = {"telegram_api_url": simulated.telegram_api_url, "openai_base_url": simulated.openai_base_url}
    async with running_worker(settings.model_copy(update=pointed)):
        await until(lambda: stand("answered"), 60)
    assert [item["text"] for item in await simulated.sent(7)] == [f"You said: {text}" for text in texts]


async def test_without_temporal_the_api_is_degraded(door: Door, to_temporal: Proxy) -> None:
    assert await readiness(door) == (200, "ready", True, True)
    await to_temporal.cut()
    assert await readiness(door) == (200, "degraded", True, False)
    await to_temporal.hold()
    await to_temporal.listen()
