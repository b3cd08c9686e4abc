"""Statistics by interval: messages, turns, tokens, cost, latency, failures."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from adapters.database import bots, stats
from adapters.database.stats import Interval, Span
from api.problems import invalid, not_found
from api.resources import Using
from api.security import Viewer
from api.v1.buckets import MOST, USUAL_SPANS, beginnings, following
from api.v1.routing import Route
from api.v1.times import Since, Until

router = APIRouter(prefix="/stats", route_class=Route, tags=["stats"])


class _Counted(BaseModel):
    model_config = ConfigDict(frozen=True)


class Messages(_Counted):
    """Messages that came, and those that were sent."""

    inbound: int
    outbound: int


class Turns(_Counted):
    """Turns that were opened, and how those ended that have."""

    total: int
    answered: int
    refused: int
    failed: int


class Tokens(_Counted):
    """What models read and wrote."""

    input: int
    output: int


class Latency(_Counted):
    """From a message's receipt to the first part of its answer being sent; null where nothing was sent."""

    p50_ms: float | None
    p95_ms: float | None


class Failures(_Counted):
    """What went wrong; `uncertain` are the deliveries that are in doubt still."""

    turns: int
    deliveries: int
    uncertain: int


class Figures(_Counted):
    """The figures of a span."""

    messages: Messages
    turns: Turns
    tokens: Tokens
    cost: float | None = Field(description="In the currency of the prices; null where no price is known.")
    latency: Latency
    failures: Failures


class Bucket(Figures):
    """The figures of one interval; the first and the last may be cut by the span."""

    start: datetime
    end: datetime


class Stats(_Counted):
    """The figures of a span, interval by interval and in all; times in UTC."""

    since: datetime
    until: datetime
    interval: Interval
    bot_id: UUID | None
    buckets: list[Bucket]
    totals: Figures


OfBot = Annotated[UUID | None, Query(description="Only of this bot.")]


@router.get("", summary="Read statistics")
async def read(
    who: Viewer,
    using: Using,
    bot_id: OfBot = None,
    since: Since = None,
    until: Until = None,
    interval: Interval = Interval.DAY,
) -> Stats:
    """By default up to now, and as far back as suits the interval; at most 1,000 buckets."""
    end = until or datetime.now(UTC)
    start = since or end - USUAL_SPANS[interval]
    if start >= end:
        raise invalid("since: give a time before until.", "bad_range")
    starts = beginnings(start, end, interval)
    if len(starts) > MOST:
        raise invalid(f"interval: more than {MOST} buckets; take a wider one, or a shorter span.", "too_many_buckets")
    async with using.database.begin() as connection:
        if bot_id is not None and not await bots.exists(connection, who.workspace_id, bot_id):
            raise not_found("bot", bot_id)
        counted = await stats.count(connection, who.workspace_id, Span(start, end, interval, bot_id))
    buckets = [
        Bucket(start=begin, end=following(begin, interval), **dict(_figures(counted.get(begin, {}))))
        for begin in starts
    ]
    return Stats(
        since=start, until=end, interval=interval, bot_id=bot_id, buckets=buckets, totals=_figures(counted[None])
    )


def _figures(row: Mapping[str, object]) -> Figures:
    def of(**names: str) -> dict[str, object]:
        return {name: row.get(column) or 0 for name, column in names.items()}

    return Figures.model_validate(
        {
            "messages": of(inbound="inbound", outbound="outbound"),
            "turns": of(total="turns", answered="answered", refused="refused", failed="failed"),
            "tokens": of(input="input_tokens", output="output_tokens"),
            "cost": row.get("cost", 0.0),
            "latency": {"p50_ms": row.get("p50_ms"), "p95_ms": row.get("p95_ms")},
            "failures": of(turns="failed", deliveries="deliveries_failed", uncertain="deliveries_uncertain"),
        }
    )
