"""The metrics of the front door, in Prometheus' text form; labels never name a contact."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database.records import DeliveryRow, Event
from api.budgets import in_time
from api.resources import Resources, Using
from domain.deliveries import DeliveryState
from domain.events import OPEN_STATES

EVENTS = Counter("chat_events_total", "Events recorded, by how they stood at once.", ["platform", "kind", "state"])
REFUSED = Counter("chat_webhooks_refused_total", "Webhook calls refused.", ["platform", "status"])
ACKNOWLEDGED = Histogram(
    "chat_webhook_seconds",
    "From a webhook's arrival to its acknowledgement.",
    ["platform"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 3),
)
OPEN_EVENTS = Gauge("chat_events_open", "Events without an end, by state.", ["state"])
OPEN_DELIVERIES = Gauge("chat_deliveries_open", "Parts that are not at rest, or in doubt, by state.", ["state"])
_UNREST = (DeliveryState.PLANNED, DeliveryState.SENDING, DeliveryState.UNCERTAIN)

router = APIRouter(tags=["health"])


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
async def show(using: Using) -> Response:
    """Counters of this process, and what waits in the database."""
    try:
        await in_time(_count(using))
    except (SQLAlchemyError, OSError) as error:
        get_logger(__name__).warning("metrics_incomplete", kind=type(error).__name__)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _count(using: Resources) -> None:
    events = select(Event.state, func.count()).where(Event.state.in_(OPEN_STATES)).group_by(Event.state)
    parts = select(DeliveryRow.state, func.count()).where(DeliveryRow.state.in_(_UNREST)).group_by(DeliveryRow.state)
    async with using.database.begin() as connection:
        open_events = dict((await connection.execute(events)).all())
        open_parts = dict((await connection.execute(parts)).all())
    for event_state in OPEN_STATES:
        OPEN_EVENTS.labels(event_state).set(open_events.get(event_state, 0))
    for part_state in _UNREST:
        OPEN_DELIVERIES.labels(part_state).set(open_parts.get(part_state, 0))
