"""Taking in: what a platform told us is recorded, or safe with Temporal, and only then acknowledged."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import get_contextvars
from structlog.stdlib import get_logger

from adapters.database import events
from adapters.database.channels import ChannelAccess
from adapters.database.events import Recorded
from api import metrics
from api.breaker import is_away
from api.budgets import in_time
from api.resources import Resources
from domain.events import InboundEvent

_HANDING_SECONDS = 1.0
"""How long handing over may hold up the answer to a platform: some wait three seconds, recording included."""


async def take_in(using: Resources, access: ChannelAccess, told: Sequence[InboundEvent]) -> Recorded:
    """Record these events; when this returns, they are on disk."""
    recorded = await in_time(_record(using, access, told))
    await _hand_over(using, access, recorded)
    return recorded


async def take_in_by_either_door(using: Resources, access: ChannelAccess, told: Sequence[InboundEvent]) -> None:
    """Record these events or, where PostgreSQL is away, have Temporal take them; raises what is answered with 503.

    Where it is not known whether PostgreSQL took them, both have them: an event is known by its id wherever it comes.
    """
    before = using.second_door.carried_before(access, told)
    try:
        recorded = await using.breaker.ask(lambda: _record(using, access, [*before, *told]))
    except (SQLAlchemyError, psycopg.Error, OSError) as error:
        if not is_away(error) or not await using.second_door.carry(access, told, _correlation_id(), datetime.now(UTC)):
            raise
        for event in told:
            metrics.CARRIED.labels(access.channel.platform, event.kind).inc()
        get_logger(__name__).warning("events_carried", count=len(told), error=type(error).__name__)
        return
    using.second_door.note_recorded(access, told)
    await _hand_over(using, access, recorded)


async def _hand_over(using: Resources, access: ChannelAccess, recorded: Recorded) -> None:
    for item in recorded.new:
        metrics.EVENTS.labels(access.channel.platform, item.event.kind, item.state).inc()
        get_logger(__name__).info(
            "event_recorded", event_id=str(item.id), kind=item.event.kind, state=item.state, reason=item.reason
        )
    try:
        await _tell_of(using, recorded)
    except (SQLAlchemyError, OSError) as error:
        # What was told is safe, and the relay hands it over: the answer must not ask for it again.
        get_logger(__name__).warning("handover_postponed", error=type(error).__name__)


async def _tell_of(using: Resources, recorded: Recorded) -> None:
    """Tell the workflows as long as the platform may wait; of a batch for many chats, the relay tells the others."""
    begun = time.monotonic()
    for position, (conversation, batch) in enumerate(recorded.conversations.items()):
        if time.monotonic() - begun > _HANDING_SECONDS:
            get_logger(__name__).info("handover_left_to_relay", count=len(recorded.conversations) - position)
            return
        await using.handing.hand_over(conversation, batch)


def _correlation_id() -> str | None:
    return get_contextvars().get("correlation_id")


async def _record(using: Resources, access: ChannelAccess, told: Sequence[InboundEvent]) -> Recorded:
    async with using.database.begin() as connection:
        return await events.record(connection, access, told, datetime.now(UTC), _correlation_id())
