"""Verdicts: kept once however often they are found, and obeyed in the transaction that keeps them."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import voice
from adapters.database.records import Notice, Turn, VerdictRow
from adapters.database.tables import Conversation
from domain.conversations import Control, Voice
from domain.verdicts import Verdict

NOTICE = "moderation_handover"

# Built once: it runs for every turn that was refused.
_END = select(VerdictRow.conversation_id, VerdictRow.workspace_id).where(
    VerdictRow.turn_id == bindparam("turn"), VerdictRow.action == "end"
)
_VOICE = select(Conversation.voice).where(Conversation.id == bindparam("conversation")).with_for_update()


async def keep(
    connection: AsyncConnection,
    turn_id: UUID,
    generation: int,
    direction: str,
    verdict: Verdict,
    message_id: UUID | None = None,
) -> None:
    """Store what moderation found in a turn, once; the owner is the turn's."""
    known = select(VerdictRow.id).where(
        VerdictRow.turn_id == turn_id,
        VerdictRow.generation == generation,
        VerdictRow.direction == direction,
        VerdictRow.provider == verdict.provider,
        VerdictRow.message_id.is_not_distinct_from(message_id),
    )
    if await connection.scalar(known.limit(1)) is not None:
        return
    owner = select(Turn.workspace_id, Turn.conversation_id).where(Turn.id == turn_id)
    row = (await connection.execute(owner)).one()
    await connection.execute(
        insert(VerdictRow).values(
            id=uuid4(),
            workspace_id=row.workspace_id,
            conversation_id=row.conversation_id,
            message_id=message_id,
            turn_id=turn_id,
            generation=generation,
            direction=direction,
            provider=verdict.provider,
            action=verdict.action,
            categories=list(verdict.categories),
        )
    )


async def hand_over(
    connection: AsyncConnection, conversation_id: UUID, workspace_id: UUID, verdict: Verdict, now: datetime
) -> bool:
    """Give the conversation to an operator, and say so once, where that is what the bot wants done; whether it is."""
    if verdict.action != "hand_over":
        return False
    if await connection.scalar(_VOICE, {"conversation": conversation_id}) == Voice.OPERATOR:
        return True
    await voice.control(connection, conversation_id, workspace_id, Control.TAKEOVER, now=now)
    details = {"provider": verdict.provider, "categories": list(verdict.categories)}
    notice = {"workspace_id": workspace_id, "conversation_id": conversation_id, "kind": NOTICE, "details": details}
    await connection.execute(insert(Notice).values(id=uuid4(), **notice))
    return True


async def close_if_wanted(connection: AsyncConnection, turn_id: UUID, now: datetime) -> None:
    """Close the conversation of a turn that ended, where a verdict says that it is to end with it."""
    row = (await connection.execute(_END, {"turn": turn_id})).first()
    if row is not None:
        await voice.control(connection, row.conversation_id, row.workspace_id, Control.CLOSE, now=now)
