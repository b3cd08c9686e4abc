"""Approvals: calls of tools that wait for an operator's word."""

import json
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, JsonValue
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import approvals
from adapters.database.approvals import NotPending
from api.idempotency import Once, OperatorOnce
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import Problem, not_found
from api.resources import Resources, Using
from api.security import Viewer
from api.v1.holding import tell
from api.v1.objects import Shown
from api.v1.routing import Route
from domain.ids import WorkspaceId
from domain.tool_calls import ApprovalState

router = APIRouter(prefix="/approvals", route_class=Route, tags=["approvals"])

InConversation = Annotated[UUID | None, Query(description="Only those of this conversation.")]


class Approval(Shown):
    """A call of a tool that an operator is asked about."""

    id: UUID
    conversation_id: UUID
    turn: int = Field(examples=[13])
    tool: str = Field(examples=["place_order"])
    arguments: JsonValue = Field(
        description="What the model wants to call it with; null once it was kept long enough.",
        examples=[{"item": "tea"}],
    )
    state: ApprovalState = Field(description="`withdrawn`: its turn is over or was begun anew, nobody waits for it.")
    created_at: datetime
    expires_at: datetime = Field(description="Then it is denied.")
    decided_at: datetime | None
    decided_by: str | None = Field(description="The id of the API key.")


@router.get("", summary="List approvals")
async def read_all(
    who: Viewer,
    using: Using,
    state: ApprovalState | None = None,
    conversation_id: InConversation = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[Approval]:
    """Newest first; `?state=pending` is what waits."""
    after = position("approvals", cursor)
    async with using.database.begin() as connection:
        rows = await approvals.page(
            connection, who.workspace_id, state, conversation_id, after, limit, datetime.now(UTC)
        )
    return timed("approvals", rows, limit, _shown)


@router.get("/{approval_id}", summary="Read an approval")
async def read(approval_id: UUID, who: Viewer, using: Using) -> Approval:
    """One call that is asked about."""
    async with using.database.begin() as connection:
        return await _one(connection, who.workspace_id, approval_id)


@router.post("/{approval_id}/approve", summary="Approve")
async def approve(approval_id: UUID, once: OperatorOnce, using: Using) -> Approval:
    """The call is made, with just these arguments, as soon as its conversation gets to it."""
    return await _decide(using, once, approval_id, ApprovalState.APPROVED)


@router.post("/{approval_id}/deny", summary="Deny")
async def deny(approval_id: UUID, once: OperatorOnce, using: Using) -> Approval:
    """The call is not made, and the model is told so."""
    return await _decide(using, once, approval_id, ApprovalState.DENIED)


async def _decide(using: Resources, once: Once, approval_id: UUID, decision: ApprovalState) -> Approval:
    who, now = once.who, datetime.now(UTC)
    async with using.database.begin() as connection:
        try:
            conversation_id = await approvals.decide(
                connection, who.workspace_id, approval_id, decision, who.key_id, now
            )
        except NotPending as error:
            raise Problem(409, f"This approval is {error.state}; nobody waits for it.", "not_pending") from error
        answer = await _one(connection, who.workspace_id, approval_id)
        await once.keep(connection, answer)
    if conversation_id is not None:
        await tell(using, conversation_id)
    return answer


async def _one(connection: AsyncConnection, workspace_id: WorkspaceId, approval_id: UUID) -> Approval:
    row = await approvals.one(connection, workspace_id, approval_id, datetime.now(UTC))
    if row is None:
        raise not_found("approval", approval_id)
    return _shown(row)


def _shown(row: RowMapping) -> Approval:
    arguments = json.loads(row["arguments"] or "null")
    return Approval.of({**row, "arguments": arguments})
