"""Calls of tools: stored with the answer that asked for them, started before and ended after what they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.budgets import Call
from adapters.database.records import Completion, Notice, Turn
from adapters.database.tables import BotRow, Conversation
from adapters.database.tool_records import ApprovalRow, ToolCallRow, ToolStep
from domain.calling import CallStanding
from domain.tool_calls import ApprovalState, CallOutcome, CallState, MadeCall, PlannedCall, Step
from domain.tool_prompts import PastEffect, Tooling

NOTICE = "approval_wanted"
UNKNOWN_NOTICE = "tool_outcome_unknown"
_MOST_PAST = 10


@dataclass(frozen=True)
class NewCall:
    """A call about to be stored: ended at once where it has an outcome, asked about where it needs an approval."""

    name: str
    arguments: str
    effects: bool = False
    approval: bool = False
    outcome: CallOutcome | None = None
    result: str | None = None


@dataclass(frozen=True)
class Used:
    """What a turn has asked of its tools, and the calls of it that have no end yet."""

    tooling: Tooling
    waiting: tuple[PlannedCall, ...] = ()


async def used(
    connection: AsyncConnection, conversation_id: UUID, turn_id: UUID, generation: int, now: datetime
) -> Used:
    """The steps of a generation of a turn, in order, and what was done in the conversation before."""
    of_turn = (ToolStep.turn_id == turn_id, ToolStep.generation == generation)
    steps = (
        await connection.execute(select(ToolStep.step, ToolStep.text).where(*of_turn).order_by(ToolStep.step))
    ).all()
    rows = (
        await connection.execute(
            select(ToolCallRow, ApprovalRow.state.label("approval"), ApprovalRow.expires_at)
            .outerjoin(ApprovalRow, ApprovalRow.call_id == ToolCallRow.id)
            .where(ToolCallRow.turn_id == turn_id, ToolCallRow.generation == generation)
            .order_by(ToolCallRow.step, ToolCallRow.position)
        )
    ).all()
    told = tuple(
        Step(
            text=step.text or "",
            calls=tuple(
                MadeCall(name=row.name, arguments=row.arguments or "{}", result=row.result)
                for row in rows
                if row.step == step.step
            ),
        )
        for step in steps
    )
    waiting = tuple(
        PlannedCall(
            id=str(row.id),
            name=row.name,
            effects=row.effects,
            waits_seconds=(row.expires_at - now).total_seconds() if row.approval == ApprovalState.PENDING else 0.0,
        )
        for row in rows
        if row.state != CallState.ENDED
    )
    return Used(Tooling(steps=told, done=await _done(connection, conversation_id, turn_id, generation)), waiting)


async def _done(
    connection: AsyncConnection, conversation_id: UUID, turn_id: UUID, generation: int
) -> tuple[PastEffect, ...]:
    """What was done outside before, as far back as the model remembers: a turn that was stopped told nobody of it."""
    forgotten = select(Conversation.forgotten_seq).where(Conversation.id == conversation_id).scalar_subquery()
    query = (
        select(ToolCallRow.name, ToolCallRow.arguments, ToolCallRow.outcome)
        .where(
            ToolCallRow.conversation_id == conversation_id,
            ToolCallRow.effects,
            ToolCallRow.started_at.is_not(None),
            ToolCallRow.seq > forgotten,
            ~((ToolCallRow.turn_id == turn_id) & (ToolCallRow.generation == generation)),
        )
        .order_by(ToolCallRow.started_at.desc())
        .limit(_MOST_PAST)
    )
    return tuple(
        PastEffect(name=row.name, arguments=row.arguments or "", outcome=row.outcome or CallOutcome.UNKNOWN)
        for row in await connection.execute(query)
    )


async def is_wanted(connection: AsyncConnection, call: Call) -> bool:
    """Whether the turn still goes on as it did when the model was asked; it does so until the transaction ends."""
    same = (Turn.id == call.turn_id, Turn.generation == call.generation, Turn.ended_at.is_(None))
    return await connection.scalar(select(Turn.id).where(*same).with_for_update(read=True)) is not None


async def store(
    connection: AsyncConnection,
    call: Call,
    text: str,
    wanted: Sequence[NewCall],
    *,
    approval_within: timedelta,
    now: datetime,
) -> bool:
    """Store an answer that asks for calls, and give its lease back; False when a successor took the lease."""
    released = (
        update(Completion)
        .where(
            Completion.turn_id == call.turn_id,
            Completion.generation == call.generation,
            Completion.lease == call.lease,
            Completion.stored_at.is_(None),
        )
        .values(lease_until=None, calls=Completion.calls + 1)
        .returning(Completion.lease)
    )
    if await connection.scalar(released) is None:
        return False
    of_turn = (ToolStep.turn_id == call.turn_id, ToolStep.generation == call.generation)
    number = await connection.scalar(select(func.count()).select_from(ToolStep).where(*of_turn)) or 0
    step = {"turn_id": call.turn_id, "generation": call.generation, "step": number}
    await connection.execute(insert(ToolStep).values(**step, text=text, stored_at=now))
    seq = await connection.scalar(select(Conversation.last_seq).where(Conversation.id == call.conversation_id))
    owner = {"workspace_id": call.workspace_id, "conversation_id": call.conversation_id}
    for position, item in enumerate(wanted):
        row = {**owner, **step, "id": uuid4(), "position": position, "seq": seq or 0, **_row(item, now)}
        await connection.execute(insert(ToolCallRow).values(row))
        if item.approval and item.outcome is None:
            await _ask(connection, owner, row, now + approval_within)
    return True


def _row(call: NewCall, now: datetime) -> dict[str, object]:
    ended = call.outcome is not None
    return {
        "name": call.name,
        "arguments": call.arguments,
        "effects": call.effects,
        "state": CallState.ENDED if ended else CallState.PLANNED,
        "outcome": call.outcome,
        "result": call.result,
        "ended_at": now if ended else None,
    }


async def _ask(
    connection: AsyncConnection, owner: dict[str, UUID], call: dict[str, object], expires_at: datetime
) -> None:
    approval_id = uuid4()
    row = {**owner, "id": approval_id, "call_id": call["id"], "expires_at": expires_at}
    await connection.execute(insert(ApprovalRow).values(**row, state=ApprovalState.PENDING))
    details = {"approval_id": str(approval_id), "tool": call["name"]}
    await connection.execute(insert(Notice).values(**owner, id=uuid4(), kind=NOTICE, details=details))


async def stand(connection: AsyncConnection, call_id: UUID, *, stopped: bool) -> CallStanding | None:
    """How a call stands, locked; the caller holds its conversation's lock. None when there is none."""
    query = (
        select(ToolCallRow, Turn.ended_at.label("turn_ended"), Turn.generation.label("current"))
        .join(Turn, Turn.id == ToolCallRow.turn_id)
        .where(ToolCallRow.id == call_id)
        .with_for_update(of=ToolCallRow)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    asked = select(ApprovalRow.state, ApprovalRow.expires_at).where(ApprovalRow.call_id == call_id).with_for_update()
    approval = (await connection.execute(asked)).one_or_none()
    return CallStanding(
        name=row.name,
        arguments=row.arguments or "",
        effects=row.effects,
        state=CallState(row.state),
        wanted=not stopped and row.turn_ended is None and row.generation == row.current,
        outcome=CallOutcome(row.outcome) if row.outcome else None,
        lease_until=row.lease_until,
        attempts=row.attempts,
        approval=ApprovalState(approval.state) if approval else None,
        expires_at=approval.expires_at if approval else None,
    )


async def start(connection: AsyncConnection, call_id: UUID, until: datetime, now: datetime) -> int:
    """Put on record that the call is begun, under a lease; its number."""
    started = (
        update(ToolCallRow)
        .where(ToolCallRow.id == call_id)
        .values(
            state=CallState.STARTED,
            attempts=ToolCallRow.attempts + 1,
            lease_until=until,
            started_at=func.coalesce(ToolCallRow.started_at, now),
        )
        .returning(ToolCallRow.attempts)
    )
    lease = await connection.scalar(started)
    assert lease is not None
    return lease


async def end(
    connection: AsyncConnection, call_id: UUID, lease: int, outcome: CallOutcome, result: str, now: datetime
) -> bool:
    """Store what a call came to; nobody knowing is told an operator. False where it is another's, or has an end."""
    ended = (
        update(ToolCallRow)
        .where(ToolCallRow.id == call_id, ToolCallRow.attempts == lease, ToolCallRow.state != CallState.ENDED)
        .values(state=CallState.ENDED, outcome=outcome, result=result, lease_until=None, ended_at=now)
        .returning(ToolCallRow.workspace_id, ToolCallRow.conversation_id, ToolCallRow.name)
    )
    row = (await connection.execute(ended)).one_or_none()
    if row is not None and outcome is CallOutcome.UNKNOWN:
        owner = {"workspace_id": row.workspace_id, "conversation_id": row.conversation_id}
        details = {"call_id": str(call_id), "tool": row.name}
        await connection.execute(insert(Notice).values(**owner, id=uuid4(), kind=UNKNOWN_NOTICE, details=details))
    return row is not None


async def expire(connection: AsyncConnection, call_id: UUID, now: datetime) -> None:
    """Nobody decided in time."""
    pending = update(ApprovalRow).where(ApprovalRow.call_id == call_id, ApprovalRow.state == ApprovalState.PENDING)
    await connection.execute(pending.values(state=ApprovalState.EXPIRED, decided_at=now))


def effects_under_way(conversation_id: SQLColumnExpression[UUID], now: datetime) -> ColumnElement[bool]:
    """Whether something is being done outside for a conversation this moment."""
    return exists().where(
        ToolCallRow.conversation_id == conversation_id,
        ToolCallRow.effects,
        ToolCallRow.state == CallState.STARTED,
        ToolCallRow.lease_until > now,
    )


async def in_flight(connection: AsyncConnection, conversation_id: UUID, now: datetime) -> bool:
    """The same, asked for one conversation."""
    found = select(Conversation.id).where(Conversation.id == conversation_id, effects_under_way(Conversation.id, now))
    return await connection.scalar(found) is not None


async def sealed_secrets(connection: AsyncConnection, bot_id: UUID) -> tuple[bytes | None, str | None]:
    """The secrets of a bot's tools, sealed, and the id of the key that opens them."""
    row = (
        await connection.execute(select(BotRow.credentials, BotRow.credentials_key_id).where(BotRow.id == bot_id))
    ).one()
    return row.credentials, row.credentials_key_id
