"""Verdicts as they are listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paging import Position, page_of
from adapters.database.records import Turn, VerdictRow
from adapters.database.scope import scoped
from adapters.database.tables import Conversation
from domain.bots import Action


@dataclass(frozen=True)
class Wanted:
    """Which verdicts are wanted."""

    bot_id: UUID | None = None
    conversation_id: UUID | None = None
    action: Action | None = None


async def page(
    connection: AsyncConnection, workspace_id: UUID, wanted: Wanted, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The verdicts that are wanted, with the numbers of their turns."""
    row = VerdictRow
    listing = select(row.id, row.conversation_id, row.message_id, row.direction, row.provider, row.action)
    listing = listing.add_columns(row.categories, row.created_at, Turn.number.label("turn"), Conversation.bot_id)
    listing = listing.join(Turn, Turn.id == row.turn_id).join(Conversation, Conversation.id == row.conversation_id)
    filters = (
        (Conversation.bot_id, wanted.bot_id),
        (row.conversation_id, wanted.conversation_id),
        (row.action, wanted.action),
    )
    criteria = [column == value for column, value in filters if value is not None]
    ordered = page_of(scoped(listing, workspace_id).where(*criteria), row.created_at, row.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()
