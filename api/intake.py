"""Taking in: what a platform told us is recorded, and only then acknowledged; then it is handed over."""

from collections.abc import Sequence
from datetime import UTC, datetime

from structlog.contextvars import get_contextvars
from structlog.stdlib import get_logger

from adapters.database import events
from adapters.database.channels import ChannelAccess
from adapters.database.events import Recorded
from api import metrics
from api.resources import Resources
from domain.events import InboundEvent


async def take_in(using: Resources, access: ChannelAccess, told: Sequence[InboundEvent]) -> Recorded:
    """Record these events; when this returns, they are on disk."""
    correlation_id = get_contextvars().get("correlation_id")
    async with using.database.begin() as connection:
        recorded = await events.record(connection, access, told, datetime.now(UTC), correlation_id)
    for item in recorded.new:
        metrics.EVENTS.labels(access.channel.platform, item.event.kind, item.state).inc()
        get_logger(__name__).info(
            "event_recorded", event_id=str(item.id), kind=item.event.kind, state=item.state, reason=item.reason
        )
    for conversation in recorded.conversations:
        await using.handing.hand_over(conversation)
    return recorded
