"""Digests: the newest one of each conversation is kept, until something of what it covers is changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Message
from adapters.database.scope import scoped
from adapters.database.summaries import Source
from adapters.database.tables import Conversation
from adapters.database.understanding_records import Digest
from domain import digests

_COLUMNS = (
    Digest.conversation_id,
    Digest.covered_seq,
    Digest.text,
    Digest.open_questions,
    Digest.model,
    Digest.created_at,
)


async def one(connection: AsyncConnection, workspace_id: UUID, conversation_id: UUID) -> RowMapping | None:
    """The digest that a conversation has."""
    query = scoped(select(*_COLUMNS).where(Digest.conversation_id == conversation_id), workspace_id)
    return (await connection.execute(query)).mappings().one_or_none()


async def store(
    connection: AsyncConnection,
    conversation_id: UUID,
    made_of: Source,
    covered_seq: int,
    found: digests.Digest,
    model: str,
) -> bool:
    """Keep a digest in place of an earlier one; False where what it is made of has changed meanwhile."""
    locked = select(Conversation.forgotten_seq).where(Conversation.id == conversation_id).with_for_update()
    forgotten = await connection.scalar(locked)
    changed = select(Message.id).where(
        Message.conversation_id == conversation_id,
        Message.changed_seq > made_of.read_seq,
        Message.seq <= covered_seq,
    )
    if forgotten is None or forgotten >= covered_seq or await connection.scalar(changed.limit(1)):
        return False
    row = {
        "covered_seq": covered_seq, "text": found.summary, "open_questions": list(found.open_questions), "model": model,
        "created_at": func.now(),
    }  # fmt: skip
    made = insert(Digest).values(conversation_id=conversation_id, workspace_id=made_of.workspace_id, **row)
    newest = made.on_conflict_do_update(
        index_elements=["conversation_id"], set_=row, where=Digest.covered_seq <= covered_seq
    )
    await connection.execute(newest)
    return True


async def drop_covering(connection: AsyncConnection, conversation_id: UUID, messages: Sequence[UUID]) -> None:
    """Drop the digest that says what these messages said; the conversation is locked."""
    first = select(func.min(Message.seq)).where(Message.id.in_(messages)).scalar_subquery()
    await connection.execute(
        delete(Digest).where(Digest.conversation_id == conversation_id, Digest.covered_seq >= first)
    )


async def drop(connection: AsyncConnection, conversation_id: UUID) -> None:
    """Drop the digest of a conversation."""
    await connection.execute(delete(Digest).where(Digest.conversation_id == conversation_id))
