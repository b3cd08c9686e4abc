"""Taking in: what a platform told us is recorded, and only then acknowledged; then it is handed over."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import get_contextvars
from structlog.stdlib import get_logger

from adapters.database import events
from adapters.database.channels import ChannelAccess
from adapters.database.events import Recorded
from api import metrics
from api.budgets import in_time
from api.resources import Resources
from domain.events import InboundEvent


async def take_in(using: Resources, access: ChannelAccess, told: Sequence[InboundEvent]) -> Recorded:
    """Record these events; when this returns, they are on disk."""
    recorded = await in_time(_record(using, access, told))
    for item in recorded.new:
        metrics.EVENTS.labels(access.channel.platform, item.event.kind, item.state).inc()
        get_logger(__name__).info(
            "event_recorded", event_id=str(item.id), kind=item.event.kind, state=item.state, reason=item.reason
        )
    try:
        for conversation in recorded.conversations:
            await using.handing.hand_over(conversation)
    except (SQLAlchemyError, OSError) as error:
        # What was told is safe, and the relay hands it over: the answer must not ask for it again.
        get_logger(__name__).warning("handover_postponed", error=type(error).__name__)
    return recorded


async def _record(using: Resources, access: ChannelAccess, told: Sequence[InboundEvent]) -> Recorded:
    correlation_id = get_contextvars().get("correlation_id")
    async with using.database.begin() as connection:
        return await events.record(connection, access, told, datetime.now(UTC), correlation_id)
