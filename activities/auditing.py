"""Auditing: a round over the invariants of the record; what breaks one is told to the operators, once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from structlog.stdlib import get_logger
from temporalio import activity

from activities.failures import as_failures
from activities.heartbeats import beating
from adapters.database import auditing, breaches
from adapters.database.engine import Database
from domain.models import Frozen


class Audited(Frozen):
    """The invariants that do not hold, and how many of the breaches are new."""

    broken: tuple[str, ...] = ()
    told: int = 0


class Auditing:
    """Asks the record, one invariant after the other."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], again_after: timedelta = auditing.LOOK_AGAIN_AFTER
    ) -> None:
        self._database = database
        self._now = now
        self._again_after = again_after

    @activity.defn(name="audit_record")
    async def audit_record(self) -> Audited:
        """Prove what the record can prove; raise a notice of each new breach."""
        with as_failures():
            async with beating():
                told = {invariant: await self._told(invariant) for invariant in auditing.CLAIMS}
        broken = {invariant: new for invariant, new in told.items() if new is not None}
        return Audited(broken=tuple(broken), told=sum(broken.values()))

    async def _told(self, invariant: str) -> int | None:
        """How many new breaches there are; None where the invariant holds."""
        finding = await auditing.proved(self._database, invariant, self._now, self._again_after)
        if finding.ok:
            return None
        get_logger(__name__).error("invariant_broken", invariant=invariant, breaches=finding.total)
        async with self._database.begin() as connection:
            return await breaches.tell(connection, invariant, finding)
