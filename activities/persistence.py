"""Persistence: PostgreSQL opens the turn, and says what the workflow is to do."""

from collections.abc import Callable
from datetime import datetime

from temporalio import activity

from activities.failures import as_failures
from adapters.database import turning_away, turns, unrecorded
from adapters.database.engine import Database
from domain.recording import Record, Recorded
from domain.turns import Begin, Begun, Pressing, TurnedAway


class Persistence:
    """Short steps in the database; each is one transaction and may run twice."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    @activity.defn(name="begin")
    async def begin(self, ask: Begin) -> Begun:
        """Open the next turn, or return the one that is open already."""
        with as_failures():
            async with self._database.begin() as connection:
                return await turns.begin(connection, ask, self._now())

    @activity.defn(name="turn_away")
    async def turn_away(self, pressing: Pressing) -> TurnedAway:
        """End what comes while a turn runs whose bot has no time for it."""
        with as_failures():
            async with self._database.begin() as connection:
                return await turning_away.turn_away(connection, pressing, self._now())

    @activity.defn(name="record")
    async def record(self, ask: Record) -> Recorded:
        """Record what came while PostgreSQL was away."""
        with as_failures():
            async with self._database.begin() as connection:
                return await unrecorded.record(connection, ask, self._now())
