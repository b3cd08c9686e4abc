"""A store that is away: what is acknowledged is safe, what is not is asked for again, and all of it ends answered."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import make_url

from adapters.database.engine import Database
from adapters.temporal.handover import BUDGET
from settings import Settings
from tests.api.door import CREDENTIALS, Door, said
from tests.api.visits import listening
from tests.machine import until
from tests.product import Visitor, make_channel, running_api, running_worker
from tests.proxy import Proxy, proxy_to
from tests.simulated import Simulated


@pytest.fixture
async def to_database(settings: Settings) -> AsyncIterator[Proxy]:
    """The way to PostgreSQL."""
    address = make_url(str(settings.database_url))
    async with proxy_to(address.host or "127.0.0.1", address.port or 5432) as proxy:
        yield proxy


@pytest.fixture
async def to_temporal(settings: Settings) -> AsyncIterator[Proxy]:
    """The way to Temporal."""
    host, _, port = str(settings.temporal_address).partition(":")
    async with proxy_to(host, int(port)) as proxy:
        yield proxy


@asynccontextmanager
async def door_behind(
    settings: Settings, database: Database, to_database: Proxy, to_temporal: Proxy
) -> AsyncIterator[Door]:
    """An API that reaches its stores through proxies; the tests look by another way."""
    address = make_url(str(settings.database_url)).set(host="127.0.0.1", port=to_database.port)
    proxied = settings.model_copy(
        update={
            "database_url": address.render_as_string(hide_password=False),
            "temporal_address": to_temporal.address,
        }
    )
    channel = await make_channel(settings, database, "telegram", CREDENTIALS, bursts={"policy": "queue"})
    async with running_api(proxied) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield Door(url, client, database, channel)


@pytest.fixture
async def door(
    settings: Settings, database: Database, simulated: Simulated, to_database: Proxy, to_temporal: Proxy
) -> AsyncIterator[Door]:
    """An API that reaches its stores through proxies, and the simulator behind it."""
    async with door_behind(settings, database, to_database, to_temporal) as opened:
        yield opened


async def readiness(door: Door) -> tuple[int, str, bool, bool]:
    """What the API says of itself: status, word, database, Temporal."""
    answer = await door.client.get("/health/ready")
    checks = answer.json()["checks"]
    return answer.status_code, answer.json()["status"], checks["database"]["ok"], checks["temporal"]["ok"]


async def recovered(door: Door, update: dict[str, object]) -> None:
    """Telegram tries again until the update is taken."""

    async def taken() -> bool:
        return (await door.post(update)).status_code == 200

    await until(taken)


async def test_without_the_database_a_webhook_is_asked_to_come_again(door: Door, to_database: Proxy) -> None:
    assert (await door.post(said(1))).status_code == 200
    await to_database.cut()
    for number in (2, 3):
        answer = await door.post(said(number))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert await readiness(door) == (200, "degraded", False, True)
    await to_database.listen()
    await recovered(door, said(2))
    assert [state for _, state, _ in await door.events()] == ["queued", "queued"]


async def test_a_database_that_does_not_answer_costs_a_caller_only_its_budget(door: Door, to_database: Proxy) -> None:
    assert (await door.post(said(1))).status_code == 200
    await to_database.hold()
    started = time.monotonic()
    answers = await asyncio.gather(*(door.post(said(number)) for number in range(2, 7)), readiness(door))
    assert time.monotonic() - started < 6
    assert [getattr(answer, "status_code", None) for answer in answers[:5]] == [503] * 5
    assert answers[5] == (200, "degraded", False, True)
    await to_database.cut()
    await to_database.listen()
    await recovered(door, said(2))


async def test_without_the_database_the_webchat_is_unavailable(
    door: Door, settings: Settings, database: Database, to_database: Proxy
) -> None:
    webchat = await make_channel(settings, database)
    visitor = Visitor(door.client, webchat.id)
    await visitor.enter()
    await to_database.cut()
    opened = await door.client.post(f"/webchat/{webchat.id}/sessions", json={})
    assert [opened.status_code, (await visitor.say("hello")).status_code] == [503, 503]
    assert "Retry-After" in opened.headers


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

        async def said_again() -> bool:
            return (await visitor.say("after", client_msg_id="after")).status_code in (200, 202)

        await until(said_again)
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
