"""Sweeping: what was handed over and got lost is handed over again, and ends when that does not help."""

from collections.abc import Callable
from datetime import datetime

from structlog.stdlib import get_logger
from temporalio import activity

from activities.failures import as_failures
from adapters.database import sweep
from adapters.database.engine import Database
from adapters.temporal.handover import Handing
from adapters.temporal.quarantine import Quarantine, Stuck
from domain.models import Frozen

_MOST = 500


class Swept(Frozen):
    """How many conversations were told again or set aside, and how many events were given up."""

    again: int = 0
    given_up: int = 0
    set_aside: int = 0


class Sweeping:
    """One round over what stands still."""

    def __init__(
        self, database: Database, handing: Handing, quarantine: Quarantine, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._handing = handing
        self._quarantine = quarantine
        self._now = now

    @activity.defn(name="hand_over_again")
    async def hand_over_again(self) -> Swept:
        """Hand over again what has no end and does not move."""
        with as_failures():
            set_aside = await self._set_aside()
            async with self._database.begin() as connection:
                given_up = await sweep.give_up_lost(connection, self._now(), _MOST)
                conversations = await sweep.take_up_lost(connection, self._now(), _MOST)
            for conversation in conversations:
                activity.heartbeat()
                await self._handing.hand_over(conversation)
            if given_up or conversations:
                get_logger(__name__).warning("swept", again=len(conversations), given_up=given_up)
            return Swept(again=len(conversations), given_up=given_up, set_aside=set_aside)

    async def _set_aside(self) -> int:
        """Tell of conversations that stand still, and begin those anew that this helps."""
        told = 0
        for stuck in await self._quarantine.stuck(_MOST):
            activity.heartbeat()
            async with self._database.begin() as connection:
                new = await sweep.set_aside(
                    connection,
                    stuck.conversation_id,
                    stuck.run_id,
                    stuck.failure,
                    anew=stuck.is_unreadable or stuck.has_diverged,
                    again=stuck.is_unreadable,
                )
            await self._begin_anew(stuck)
            if new:
                told += 1
                get_logger(__name__).error(
                    "conversation_stuck", conversation=str(stuck.conversation_id), failure=stuck.failure
                )
        return told

    async def _begin_anew(self, stuck: Stuck) -> None:
        """From the record, where the run cannot read what it was told; else by telling it all of that once more."""
        if stuck.is_unreadable:
            await self._quarantine.end(stuck)
            await self._handing.hand_over(stuck.conversation_id)
        elif stuck.has_diverged:
            await self._quarantine.repeat(stuck)
