"""Calls of models for other systems: in no conversation, and on the bill of a bot where one is named."""

from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import budgets
from adapters.database.budgets import Call, Paid
from adapters.database.records import Usage

_NOT_A_TURN = 0


def call_of(workspace_id: UUID, bot_id: UUID) -> Call:
    """A call that is held against a bot's budget under a name of its own."""
    own = uuid4()
    return Call(
        workspace_id=workspace_id, bot_id=bot_id, conversation_id=own, turn_id=own, generation=_NOT_A_TURN, lease=1
    )


async def settle(connection: AsyncConnection, workspace_id: UUID, call: Call | None, paid: Paid) -> None:
    """Record what a call came to; `call` where a bot pays for it."""
    await connection.execute(
        insert(Usage).values(
            id=uuid4(),
            workspace_id=workspace_id,
            bot_id=call.bot_id if call else None,
            generation=_NOT_A_TURN,
            model=paid.model,
            input_tokens=paid.tokens.input,
            output_tokens=paid.tokens.output,
            cached_tokens=paid.tokens.cached,
            cost=paid.cost,
            duration_ms=paid.duration_ms,
        )
    )
    if call is not None:
        await budgets.count(connection, call, paid)
