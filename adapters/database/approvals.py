"""Approvals: calls of tools that an operator was asked about, and what was decided."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, Text, case, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import voice
from adapters.database.paging import Position, page_of
from adapters.database.records import Turn
from adapters.database.scope import scoped
from adapters.database.tables import Conversation
from adapters.database.tool_records import ApprovalRow, ToolCallRow
from domain.conversations import Control
from domain.tool_calls import ApprovalState, CallState


class NotPending(Exception):
    """Nobody waits for this decision any more, or it was made already."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the approval is {state}")
        self.state = state


async def page(
    connection: AsyncConnection,
    workspace_id: UUID,
    state: ApprovalState | None,
    conversation_id: UUID | None,
    after: Position | None,
    limit: int,
    now: datetime,
) -> Sequence[RowMapping]:
    """The approvals of a workspace in a state, of a conversation."""
    listing = scoped(_shown(now), workspace_id)
    if state is not None:
        listing = listing.where(_state(now) == state)
    if conversation_id is not None:
        listing = listing.where(ApprovalRow.conversation_id == conversation_id)
    ordered = page_of(listing, ApprovalRow.created_at, ApprovalRow.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()


async def one(connection: AsyncConnection, workspace_id: UUID, approval_id: UUID, now: datetime) -> RowMapping | None:
    """An approval."""
    query = scoped(_shown(now).where(ApprovalRow.id == approval_id), workspace_id)
    return (await connection.execute(query)).mappings().one_or_none()


async def decide(
    connection: AsyncConnection,
    workspace_id: UUID,
    approval_id: UUID,
    decision: ApprovalState,
    decided_by: str,
    now: datetime,
) -> UUID | None:
    """Approve or deny, and have the conversation's workflow look; its id. None: there is no such approval.

    Raises `NotPending`. The same decision once more changes nothing.
    """
    asked = scoped(select(ApprovalRow.conversation_id).where(ApprovalRow.id == approval_id), workspace_id)
    conversation_id = await connection.scalar(asked)
    if conversation_id is None:
        return None
    # The lock that whoever makes the call takes first, too.
    await connection.execute(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update())
    found = await one(connection, workspace_id, approval_id, now)
    assert found is not None
    if found["state"] == decision:
        return conversation_id
    if found["state"] != ApprovalState.PENDING:
        raise NotPending(found["state"])
    decided = update(ApprovalRow).where(ApprovalRow.id == approval_id)
    values = {"state": decision, "decided_at": now, "decided_by": decided_by}
    await connection.execute(scoped(decided, workspace_id).values(values))
    await voice.wake(connection, conversation_id, workspace_id, Control.DECIDE, now)
    return conversation_id


def _shown(now: datetime) -> Select[*tuple[object, ...]]:
    return (
        select(
            ApprovalRow.id,
            ApprovalRow.conversation_id,
            _state(now).label("state"),
            ToolCallRow.name.label("tool"),
            ToolCallRow.arguments,
            Turn.number.label("turn"),
            ApprovalRow.created_at,
            ApprovalRow.expires_at,
            ApprovalRow.decided_at,
            ApprovalRow.decided_by,
        )
        .join(ToolCallRow, ToolCallRow.id == ApprovalRow.call_id)
        .join(Turn, Turn.id == ToolCallRow.turn_id)
    )


def _state(now: datetime) -> ColumnElement[str]:
    """The state as it holds: what nobody waits for is pending no more, whatever the row says."""
    pending = ApprovalRow.state == ApprovalState.PENDING
    over = Turn.ended_at.is_not(None) | (Turn.generation != ToolCallRow.generation)
    return case(
        (pending & (over | (ToolCallRow.state != CallState.PLANNED)), literal(ApprovalState.WITHDRAWN.value, Text)),
        (pending & (ApprovalRow.expires_at <= now), literal(ApprovalState.EXPIRED.value, Text)),
        else_=ApprovalRow.state,
    )
