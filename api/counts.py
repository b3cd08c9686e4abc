"""What waits in the database, as gauges; counted at most once in a while, however often somebody asks."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from prometheus_client import Gauge

from adapters.database import channel_problems, standing
from adapters.database.engine import Database
from adapters.database.standing import ByState
from domain.platforms import PlatformName

FRESH_SECONDS = 3.0
"""How old a count may be when it is shown."""
OPEN_EVENTS = Gauge("chat_events_open", "Events without an end, by state.", ["state"])
OLDEST_EVENT = Gauge("chat_events_oldest_seconds", "The age of the oldest event without an end, by state.", ["state"])
OPEN_DELIVERIES = Gauge("chat_deliveries_open", "Parts that are not at rest, or in doubt, by state.", ["state"])
OLDEST_DELIVERY = Gauge(
    "chat_deliveries_oldest_seconds",
    "The age of the oldest part that is not at rest, or in doubt, by state.",
    ["state"],
)
REFUSED_CHANNELS = Gauge("chat_channels_refused", "Channels that cannot speak, by platform.", ["platform"])


class Counts:
    """The counts of one process."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._fresh_until = float("-inf")
        self._one_by_one = asyncio.Lock()

    async def refresh(self) -> None:
        """Count anew where the last count is no longer fresh."""
        async with self._one_by_one:
            if self._clock() < self._fresh_until:
                return
            async with self._database.once() as connection:
                events, deliveries = await standing.events(connection), await standing.deliveries(connection)
                refused = await channel_problems.counted(connection)
            _show(events, OPEN_EVENTS, OLDEST_EVENT)
            _show(deliveries, OPEN_DELIVERIES, OLDEST_DELIVERY)
            for platform in PlatformName:
                REFUSED_CHANNELS.labels(platform).set(refused.get(platform, 0))
            self._fresh_until = self._clock() + FRESH_SECONDS


def _show(found: ByState, number: Gauge, oldest: Gauge) -> None:
    now = datetime.now(UTC)
    for state, item in found.items():
        number.labels(state).set(item.number)
        oldest.labels(state).set(max((now - item.since).total_seconds(), 0.0) if item.since else 0.0)
