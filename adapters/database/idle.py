"""Which conversations nobody continues."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Float, Row, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Event, Turn
from adapters.database.tables import BotRow, Conversation
from domain.events import OPEN_STATES


async def find(connection: AsyncConnection, now: datetime, most: int) -> Sequence[Row[UUID, UUID]]:
    """Open conversations past their bot's idle time in which nothing waits; the longest idle first."""
    query = (
        select(Conversation.id, Conversation.workspace_id)
        .join(BotRow, BotRow.id == Conversation.bot_id)
        .where(*_is_idle(now))
        .order_by(Conversation.last_message_at)
        .limit(most)
    )
    return (await connection.execute(query)).all()


async def is_still(connection: AsyncConnection, conversation_id: UUID, now: datetime) -> bool:
    """Whether a conversation that was found is idle yet; it is locked, so that no message comes in between."""
    lock = select(Conversation.id).where(Conversation.id == conversation_id).with_for_update()
    await connection.execute(lock)
    query = select(Conversation.id).join(BotRow, BotRow.id == Conversation.bot_id)
    return await connection.scalar(query.where(Conversation.id == conversation_id, *_is_idle(now))) is not None


def _is_idle(now: datetime) -> tuple[ColumnElement[bool], ...]:
    hours = cast(BotRow.settings["idle"]["close_after_hours"].as_string(), Float)
    waits = select(Event.id).where(Event.conversation_id == Conversation.id, Event.state.in_(OPEN_STATES))
    runs = select(Turn.id).where(Turn.conversation_id == Conversation.id, Turn.ended_at.is_(None))
    return (
        Conversation.closed_at.is_(None),
        Conversation.last_message_at < now - func.make_interval(0, 0, 0, 0, 0, 0, hours * 3600),
        ~waits.exists(),
        ~runs.exists(),
    )
