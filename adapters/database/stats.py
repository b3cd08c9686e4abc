"""Statistics: what was said, answered, spent and failed, counted by an interval of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, case, func, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import DeliveryRow, Event, Message, Turn, Usage
from adapters.database.scope import scoped
from adapters.database.tables import Conversation
from domain.deliveries import DeliveryState
from domain.events import EventState


class Interval(StrEnum):
    """How wide a bucket is; all in UTC, and a week begins on Monday."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Span:
    """What is counted: from `since` to before `until`, of one bot or of all."""

    since: datetime
    until: datetime
    interval: Interval
    bot_id: UUID | None = None


Figures = Mapping[str, object]


async def count(connection: AsyncConnection, workspace_id: UUID, span: Span) -> Mapping[datetime | None, Figures]:
    """The figures of each bucket that has any, by its beginning; under None those of the whole span."""
    counted: dict[datetime | None, dict[str, object]] = {}
    queries = (
        scoped(_messages(span), workspace_id),
        scoped(_turns(span), workspace_id),
        scoped(_usage(span), workspace_id),
        scoped(_deliveries(span), workspace_id),
        scoped(_latency(span, workspace_id), workspace_id),
    )
    for query in queries:
        # Once by bucket and once over all: percentiles of buckets cannot be added up.
        grouped = query.group_by(sql("GROUPING SETS ((bucket), ())"))
        for row in (await connection.execute(grouped)).mappings():
            counted.setdefault(row["bucket"], {}).update(row)
    return counted


def _messages(span: Span) -> Select[datetime]:
    inbound = Message.direction == "inbound"
    counts = (
        func.count().filter(inbound).label("inbound"),
        func.count().filter(~inbound, Message.sent_at.is_not(None)).label("outbound"),
    )
    return _within(span, Message.created_at, Message.conversation_id).add_columns(*counts)


def _turns(span: Span) -> Select[datetime]:
    outcomes = (EventState.ANSWERED, EventState.FAILED, EventState.REFUSED)
    counts = (func.count().filter(Turn.outcome == outcome).label(outcome.value) for outcome in outcomes)
    return _within(span, Turn.opened_at, Turn.conversation_id).add_columns(func.count().label("turns"), *counts)


def _usage(span: Span) -> Select[datetime]:
    sums = (
        func.coalesce(func.sum(Usage.input_tokens), 0).label("input_tokens"),
        func.coalesce(func.sum(Usage.output_tokens), 0).label("output_tokens"),
        func.coalesce(func.sum(Usage.cost), case((func.count() == 0, 0.0))).label("cost"),
    )
    rows = select(_bucket(span, Usage.created_at)).where(*_range(span, Usage.created_at)).add_columns(*sums)
    # By its own column: a call for another system is in no conversation.
    return rows if span.bot_id is None else rows.where(Usage.bot_id == span.bot_id)


def _deliveries(span: Span) -> Select[datetime]:
    states = (DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.FAILED)
    counts = (func.count().filter(DeliveryRow.state == state).label(f"deliveries_{state}") for state in states)
    return _within(span, DeliveryRow.created_at, DeliveryRow.conversation_id).add_columns(*counts)


def _latency(span: Span, workspace_id: UUID) -> Select[datetime]:
    """From a message's receipt to the first part of its answer being sent, by when that was planned."""
    planned = func.min(DeliveryRow.created_at).label("planned")
    columns = (DeliveryRow.turn_id, DeliveryRow.workspace_id, planned, func.min(DeliveryRow.sent_at).label("sent"))
    sent = select(*columns).where(
        DeliveryRow.sent_at.is_not(None), DeliveryRow.turn_id.is_not(None), *_range(span, DeliveryRow.created_at)
    )  # fmt: skip
    if span.bot_id is not None:
        sent = sent.join(Conversation, Conversation.id == DeliveryRow.conversation_id).where(
            Conversation.bot_id == span.bot_id
        )
    first = scoped(sent.group_by(DeliveryRow.turn_id, DeliveryRow.workspace_id), workspace_id).subquery()
    took_ms = func.extract("epoch", first.c.sent - Event.received_at) * 1000
    percentiles = (func.percentile_cont(at).within_group(took_ms).label(name) for name, at in _PERCENTILES)
    joined = select(_bucket(span, first.c.planned)).select_from(Event).join(first, first.c.turn_id == Event.turn_id)
    return joined.add_columns(*percentiles)


_PERCENTILES = (("p50_ms", 0.5), ("p95_ms", 0.95))


def _within(
    span: Span, time: SQLColumnExpression[datetime], conversation: SQLColumnExpression[UUID]
) -> Select[datetime]:
    """The rows of a span with their bucket; those of one bot through their conversation."""
    rows = select(_bucket(span, time)).where(*_range(span, time))
    if span.bot_id is None:
        return rows
    return rows.join(Conversation, Conversation.id == conversation).where(Conversation.bot_id == span.bot_id)


def _range(span: Span, time: SQLColumnExpression[datetime]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return time >= span.since, time < span.until


def _bucket(span: Span, time: SQLColumnExpression[datetime]) -> ColumnElement[datetime]:
    return func.date_trunc(span.interval.value, time, "UTC").label("bucket")
