"""Which conversations nobody continues."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, Row, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Event, Turn
from adapters.database.tables import BotRow, Conversation
from domain.events import OPEN_STATES


async def find(connection: AsyncConnection, now: datetime, most: int) -> Sequence[Row[UUID, UUID]]:
    """Open conversations past their bot's idle time in which nothing waits; the longest idle first."""
    hours = cast(BotRow.settings["idle"]["close_after_hours"].as_string(), Float)
    waits = select(Event.id).where(Event.conversation_id == Conversation.id, Event.state.in_(OPEN_STATES))
    runs = select(Turn.id).where(Turn.conversation_id == Conversation.id, Turn.ended_at.is_(None))
    query = (
        select(Conversation.id, Conversation.workspace_id)
        .join(BotRow, BotRow.id == Conversation.bot_id)
        .where(
            Conversation.closed_at.is_(None),
            Conversation.last_message_at < now - func.make_interval(0, 0, 0, 0, 0, 0, hours * 3600),
            ~waits.exists(),
            ~runs.exists(),
        )
        .order_by(Conversation.last_message_at)
        .limit(most)
    )
    return (await connection.execute(query)).all()
