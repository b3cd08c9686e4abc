"""Rounds of the audit: an invariant is asked in a snapshot of its own, and what seems to stand still twice."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import audit
from adapters.database.audit import Finding
from adapters.database.engine import Database

LOOK_AGAIN_AFTER = timedelta(seconds=2)
"""What seems to stand still is looked at a second time: between two steps of a conversation nothing moves either."""
CLAIMS: Mapping[str, str] = MappingProxyType({
    "I1": "every event comes to its end",
    "I2": "every turn has one reply, whole and in order",
    "I3": "events are answered in the order in which they came",
    "I5": "what is told twice is recorded once",
    "I6": "every doubt is seen, and nothing hangs",
    "I7": "queues and histories stay small",
})  # fmt: skip
"""What the record can prove, in the order in which it is asked."""

_OF_NOW: dict[str, Callable[[AsyncConnection, datetime], Awaitable[Finding]]] = {
    "I1": audit.no_loss,
    "I6": audit.visible_doubt,
}
_AT_ANY_TIME: dict[str, Callable[[AsyncConnection], Awaitable[Finding]]] = {
    "I2": audit.one_reply,
    "I3": audit.in_order,
    "I5": audit.known_once,
    "I7": audit.bounded,
}


async def look(database: Database, invariant: str, now: datetime) -> Finding:
    """What the record says of an invariant at this moment."""
    async with audit.snapshot(database) as connection:
        if invariant in _OF_NOW:
            return await _OF_NOW[invariant](connection, now)
        return await _AT_ANY_TIME[invariant](connection)


async def twice(looking: Callable[[], Awaitable[Finding]], again_after: timedelta) -> Finding:
    """What two looks found in the same standing."""
    first = await looking()
    if first.ok:
        return first
    await asyncio.sleep(again_after.total_seconds())
    return first.still(await looking())


async def proved(database: Database, invariant: str, now: Callable[[], datetime], again_after: timedelta) -> Finding:
    """What breaks an invariant of the record, and goes on breaking it where time alone could mend it."""

    async def looking() -> Finding:
        return await look(database, invariant, now())

    return await twice(looking, again_after) if invariant in _OF_NOW else await looking()
