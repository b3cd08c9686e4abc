"""An API whose stores tests take away, and what it says of itself meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from sqlalchemy import make_url

from adapters.database.engine import Database
from settings import Settings
from tests.api.door import CREDENTIALS, Door
from tests.machine import until
from tests.product import make_channel, running_api
from tests.proxy import Proxy


def through(settings: Settings, to_database: Proxy | None = None, to_temporal: Proxy | None = None) -> Settings:
    """The settings of a process that reaches its stores through proxies."""
    changed: dict[str, str] = {}
    if to_database is not None:
        address = make_url(str(settings.database_url)).set(host="127.0.0.1", port=to_database.port)
        changed["database_url"] = address.render_as_string(hide_password=False)
    if to_temporal is not None:
        changed["temporal_address"] = to_temporal.address
    return settings.model_copy(update=changed)


@asynccontextmanager
async def door_behind(
    settings: Settings, database: Database, to_database: Proxy, to_temporal: Proxy
) -> AsyncIterator[Door]:
    """An API that reaches its stores through proxies; the tests look by another way."""
    proxied = through(settings, to_database, to_temporal)
    channel = await make_channel(settings, database, "telegram", CREDENTIALS, bursts={"policy": "queue"})
    async with running_api(proxied) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield Door(url, client, database, channel)


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
