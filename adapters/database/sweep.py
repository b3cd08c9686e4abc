"""The sweep: events that were handed over and have no end, although nothing in their conversation moves.

A signal can vanish: it could not be decoded, its workflow was terminated, Temporal's disk was lost. Handing over again
costs a signal and a look; what is known already is dropped by its id.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Event, Notice, Turn
from adapters.database.tables import Conversation
from adapters.database.tool_records import ApprovalRow
from domain.events import EventState

FIRST_AFTER = timedelta(minutes=1)
MOST_HANDOVERS = 6
"""The first and five more; then an event ends as failed, with a notice."""
STANDS_STILL_AFTER = timedelta(minutes=1)
OPEN_TURN_MOVES_WITHIN = timedelta(minutes=30)


async def take_up_lost(connection: AsyncConnection, now: datetime, most: int) -> Sequence[UUID]:
    """Mark events without an end to be handed over again, each time after twice as long; their conversations."""
    lost = (
        select(Event.id)
        .where(_waits_too_long(now), Event.handovers < MOST_HANDOVERS, _nothing_moves(now))
        .order_by(Event.queued_at)
        .limit(most)
    )
    again = (
        update(Event)
        .where(Event.id.in_(lost.scalar_subquery()), Event.state == EventState.QUEUED)
        .values(state=EventState.RECEIVED)
        .returning(Event.conversation_id)
    )
    return [item for item in dict.fromkeys((await connection.scalars(again)).all()) if item]


async def give_up_lost(connection: AsyncConnection, now: datetime, most: int) -> int:
    """End what was handed over too often, and raise a notice for each; how many there were."""
    hopeless = (
        select(Event.id)
        .where(_waits_too_long(now), Event.handovers >= MOST_HANDOVERS, Event.turn_id.is_(None), _nothing_moves(now))
        .limit(most)
    )
    ended = (
        update(Event)
        .where(Event.id.in_(hopeless.scalar_subquery()), Event.state == EventState.QUEUED)
        .values(state=EventState.FAILED, reason="lost", ended_at=now)
        .returning(Event.id, Event.workspace_id, Event.conversation_id)
    )
    rows = (await connection.execute(ended)).all()
    if rows:
        notices = [
            {"id": uuid4(), "workspace_id": row.workspace_id, "conversation_id": row.conversation_id,
             "kind": "event_failed", "details": {"event_id": str(row.id), "reason": "lost"}}
            for row in rows
        ]  # fmt: skip
        await connection.execute(insert(Notice).values(notices))
    return len(rows)


async def take_up_all(connection: AsyncConnection) -> int:
    """After Temporal was lost: everything without an end is to be handed over again, at once; how much that is."""
    again = update(Event).where(Event.state == EventState.QUEUED).values(state=EventState.RECEIVED).returning(Event.id)
    return len((await connection.scalars(again)).all())


async def set_aside(
    connection: AsyncConnection, conversation_id: UUID, run_id: str, failure: str, *, anew: bool, again: bool
) -> bool:
    """Tell once that a conversation's run stands still, and whether another one takes its place.

    `again`: that one is to be told all that has no end. False when the notice was there before.
    """
    owner = select(Conversation.workspace_id).where(Conversation.id == conversation_id).with_for_update()
    workspace_id = await connection.scalar(owner)
    if workspace_id is None:
        return False
    if again:
        waiting = update(Event).where(Event.conversation_id == conversation_id, Event.state == EventState.QUEUED)
        await connection.execute(waiting.values(state=EventState.RECEIVED))
    told = select(Notice.id).where(
        Notice.conversation_id == conversation_id,
        Notice.kind == "conversation_stuck",
        Notice.details["run_id"].as_string() == run_id,
    )
    if await connection.scalar(told.limit(1)) is not None:
        return False
    details = {"run_id": run_id, "failure": failure, "begun_anew": anew}
    notice = {"id": uuid4(), "workspace_id": workspace_id, "conversation_id": conversation_id, "details": details}
    await connection.execute(insert(Notice).values(**notice, kind="conversation_stuck"))
    return True


async def left_to_hand_over(connection: AsyncConnection) -> int:
    """How many events wait for being handed over."""
    waiting = select(func.count()).select_from(Event).where(Event.state == EventState.RECEIVED)
    return await connection.scalar(waiting) or 0


def _waits_too_long(now: datetime) -> ColumnElement[bool]:
    waited = func.extract("epoch", literal(now) - Event.queued_at)
    patience = FIRST_AFTER.total_seconds() * func.power(2, func.greatest(Event.handovers - 1, 0))
    return (Event.state == EventState.QUEUED) & (waited > patience)


def _nothing_moves(now: datetime) -> ColumnElement[bool]:
    """No turn of the conversation runs, waits for an operator or has ended just now: its messages wait for nothing."""
    moves = select(Turn.id).where(
        Turn.conversation_id == Event.conversation_id,
        or_(
            Turn.ended_at.is_(None) & (Turn.opened_at > now - OPEN_TURN_MOVES_WITHIN),
            Turn.ended_at > now - STANDS_STILL_AFTER,
        ),
    )
    asked = select(ApprovalRow.id).where(
        ApprovalRow.conversation_id == Event.conversation_id,
        func.coalesce(ApprovalRow.decided_at, ApprovalRow.expires_at) > now - OPEN_TURN_MOVES_WITHIN,
    )
    return ~moves.exists() & ~asked.exists()
