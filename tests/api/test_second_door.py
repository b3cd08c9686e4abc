"""The second door: what PostgreSQL cannot take goes through Temporal, and is answered once and in order."""

from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from adapters.database.engine import Database
from settings import Settings
from tests.api.door import CHAT, Door, said
from tests.api.outages import door_behind, readiness, recovered, through
from tests.machine import until
from tests.product import running_worker
from tests.proxy import Proxy
from tests.simulated import Simulated

GOES_ON_SECONDS = 60.0
"""The database is asked every ten seconds at the longest, and one call that it does not answer takes fifteen."""


@pytest.fixture
async def door(pointed: Settings, database: Database, to_database: Proxy, to_temporal: Proxy) -> AsyncIterator[Door]:
    """An API that knows its channel already, because somebody spoke on it."""
    async with door_behind(pointed, database, to_database, to_temporal) as opened:
        assert (await opened.post(said(1, "number 1"))).status_code == 200
        yield opened


def stand(door: Door, *states: str) -> Callable[[], Coroutine[None, None, bool]]:
    """Whether the events stand so."""

    async def compared() -> bool:
        return sorted(found for _, found, _ in await door.events()) == sorted(states)

    return compared


async def answers(simulated: Simulated, chat: int = CHAT) -> list[object]:
    """What the bot answered, in order."""
    return [item["text"] for item in await simulated.sent(chat)]


@pytest.mark.parametrize("how", ["cut", "held"])
async def test_without_the_database_messages_are_acknowledged_and_answered_once_and_in_order(
    pointed: Settings, simulated: Simulated, door: Door, to_database: Proxy, how: str
) -> None:
    async with running_worker(through(pointed, to_database)):
        await until(stand(door, "answered"))
        await (to_database.cut() if how == "cut" else to_database.hold())
        assert await readiness(door) == (200, "degraded", False, True)
        for number in (2, 3, 4, 3, 2):
            assert (await door.post(said(number, f"number {number}"))).status_code == 200
        assert await stand(door, "answered")()
        await to_database.listen()
        await recovered(door, said(3, "number 3"))
        await until(stand(door, *["answered"] * 4), GOES_ON_SECONDS)
    assert await answers(simulated) == [f"You said: number {number}" for number in range(1, 5)]
