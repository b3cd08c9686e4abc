"""The metrics of the front door, in Prometheus' text form; labels never name a contact."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from api.budgets import in_time
from api.resources import Using

EVENTS = Counter("chat_events_total", "Events recorded, by how they stood at once.", ["platform", "kind", "state"])
CARRIED = Counter(
    "chat_events_carried_total", "Events that Temporal took because PostgreSQL was away.", ["platform", "kind"]
)
REFUSED = Counter("chat_webhooks_refused_total", "Webhook calls refused.", ["platform", "status"])
ACKNOWLEDGED = Histogram(
    "chat_webhook_seconds",
    "From a webhook's arrival to its acknowledgement.",
    ["platform"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 3),
)

router = APIRouter(tags=["health"])


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
async def show(using: Using) -> Response:
    """Counters of this process, and what waits in the database."""
    try:
        await in_time(using.counts.refresh())
    except (SQLAlchemyError, OSError) as error:
        get_logger(__name__).warning("metrics_incomplete", kind=type(error).__name__)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
