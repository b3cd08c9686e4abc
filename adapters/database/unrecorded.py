"""Events that reached their workflow before PostgreSQL: recorded late, each once, and marked as handed over."""

from datetime import datetime
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy import ARRAY, Uuid, bindparam, func, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from structlog.stdlib import get_logger

from adapters.database import channels, events, handovers
from adapters.database.channels import ChannelAccess
from adapters.database.records import Event, Notice
from adapters.database.tables import Conversation
from domain.events import ANSWERED_KINDS, EventKind, EventState, InboundEvent
from domain.handovers import Waiting
from domain.recording import Record, Recorded
from domain.text import storable

_CLOSED = select(Conversation.closed_at.is_not(None)).where(Conversation.id == bindparam("conversation"))
_WAITING = select(Event.id).where(
    Event.conversation_id == bindparam("conversation"),
    Event.state.in_((EventState.RECEIVED, EventState.QUEUED)),
    Event.kind.in_(ANSWERED_KINDS),
    Event.turn_id.is_(None),
)
_WAITING_AMONG = _WAITING.where(Event.id == func.any(bindparam("among", type_=ARRAY(Uuid))))
_LATE = aliased(Event)
# The place of the first of those that wait and came after it; where two have one place, the time decides.
_BEFORE_WHAT_CAME_LATER = (
    update(Event)
    .where(Event.id == bindparam("late"))
    .values(
        seq=func.least(
            Event.seq,
            select(func.min(_LATE.seq))
            .where(
                _LATE.conversation_id == Event.conversation_id,
                _LATE.state.in_((EventState.RECEIVED, EventState.QUEUED)),
                _LATE.turn_id.is_(None),
                _LATE.received_at > Event.received_at,
            )
            .correlate(Event)
            .scalar_subquery(),
        )
    )
)
_WAITING_BESIDE = _WAITING.where(Event.id != func.all(bindparam("among", type_=ARRAY(Uuid)))).limit(1)


async def record(connection: AsyncConnection, ask: Record, now: datetime) -> Recorded:
    """Record what the workflow was told whole; what is recorded already, by whichever door, stays as it is.

    It stands, and is answered, before what another process recorded that came after it and waits.
    What belongs to another conversation, because its chat got a new name, waits there for the relay, as does an edit
    that is to be answered again.
    """
    items = [item for item in ask.items if _is_named(item)]
    owners: dict[UUID, ChannelAccess | None] = {}
    for item in items:
        await _record(connection, await _owner(connection, owners, item), item, now)
    messages = [UUID(item.id) for item in items if item.kind == "message"]
    asked = {"conversation": UUID(ask.conversation_id), "among": messages}
    waiting = (await connection.scalars(_WAITING_AMONG, asked)).all()
    await handovers.mark(connection, waiting, now)
    closed = await connection.scalar(_CLOSED, asked)
    return Recorded(
        settled=tuple(item.id for item in ask.items if item.id not in {str(known) for known in waiting}),
        behind=await connection.scalar(_WAITING_BESIDE, asked) is not None,
        over=closed is not False,
    )


def _is_named(item: Waiting) -> bool:
    """Whether it says of itself and of its channel what every event of ours says."""
    try:
        UUID(item.id), UUID(item.unrecorded.channel_id if item.unrecorded else "")
    except ValueError:
        get_logger(__name__).error("event_without_name", event_id=item.id)
        return False
    return True


async def _owner(
    connection: AsyncConnection, known: dict[UUID, ChannelAccess | None], item: Waiting
) -> ChannelAccess | None:
    channel = UUID(item.unrecorded.channel_id) if item.unrecorded else UUID(int=0)
    if channel not in known:
        known[channel] = await channels.owner(connection, channel)
    return known[channel]


async def _record(connection: AsyncConnection, owner: ChannelAccess | None, item: Waiting, now: datetime) -> None:
    """Record one event as of when it came; one that cannot be read or stored ends as failed instead."""
    if owner is None or item.unrecorded is None:
        get_logger(__name__).error("event_without_channel", event_id=item.id)
        return
    try:
        event = InboundEvent.model_validate(item.unrecorded.event)
    except ValidationError:
        await _fail(connection, owner, item, "unreadable", now)
        return
    correlation_id = item.unrecorded.correlation_id
    try:
        async with connection.begin_nested():
            recorded = await events.record(connection, owner, [event], item.received_at, correlation_id)
            for late in recorded.new:
                await connection.execute(_BEFORE_WHAT_CAME_LATER, {"late": late.id})
    except (UnicodeError, DataError, IntegrityError):
        await _fail(connection, owner, item, "unstorable", now)


async def _fail(connection: AsyncConnection, owner: ChannelAccess, item: Waiting, reason: str, now: datetime) -> None:
    """Give an event its end, and raise a notice: somebody was told that it is safe."""
    get_logger(__name__).error("event_failed", event_id=item.id, reason=reason)
    key = item.unrecorded.event.get("key") if item.unrecorded else None
    row = {
        "id": UUID(item.id),
        "workspace_id": owner.workspace_id,
        "channel_id": owner.channel.id,
        "key": storable(key) if isinstance(key, str) else item.id,
        "kind": EventKind.OTHER,
        "state": EventState.FAILED,
        "reason": reason,
        "payload": {},
        "received_at": item.received_at,
        "ended_at": now,
    }
    failed = insert(Event).values(row).on_conflict_do_nothing().returning(Event.id)
    if await connection.scalar(failed) is None:
        return
    notice = {"id": uuid4(), "workspace_id": owner.workspace_id, "kind": "event_failed"}
    details = {"event_id": item.id, "reason": reason}
    await connection.execute(plain_insert(Notice).values(**notice, details=details))
