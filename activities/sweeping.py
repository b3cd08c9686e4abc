"""Sweeping: what was handed over and got lost is handed over again, and ends when that does not help."""

from collections.abc import Callable
from datetime import datetime

from structlog.stdlib import get_logger
from temporalio import activity

from activities.failures import as_failures
from adapters.database import sweep
from adapters.database.engine import Database
from adapters.temporal.handover import Handing
from domain.models import Frozen

_MOST = 500


class Swept(Frozen):
    """How many conversations were told again, and how many events were given up."""

    again: int = 0
    given_up: int = 0


class Sweeping:
    """One round over what stands still."""

    def __init__(self, database: Database, handing: Handing, now: Callable[[], datetime]) -> None:
        self._database = database
        self._handing = handing
        self._now = now

    @activity.defn(name="hand_over_again")
    async def hand_over_again(self) -> Swept:
        """Hand over again what has no end and does not move."""
        with as_failures():
            async with self._database.begin() as connection:
                given_up = await sweep.give_up_lost(connection, self._now(), _MOST)
                conversations = await sweep.take_up_lost(connection, self._now(), _MOST)
            for conversation in conversations:
                activity.heartbeat()
                await self._handing.hand_over(conversation)
            if given_up or conversations:
                get_logger(__name__).warning("swept", again=len(conversations), given_up=given_up)
            return Swept(again=len(conversations), given_up=given_up)
