"""Statistics of what was understood: how many messages of each language, sentiment and intent there were."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.scope import scoped
from adapters.database.stats import Span
from adapters.database.tables import Conversation
from adapters.database.understanding_records import Understanding

Counts = Mapping[str, int]
_MOST_KINDS = 200
_COUNTED = ("language", "sentiment", "intent", "reason")


async def count(connection: AsyncConnection, workspace_id: UUID, span: Span) -> Mapping[str, Counts]:
    """How many messages of a span have each value, by what is counted; under `messages` how many there are in all."""
    columns = Understanding.__table__.c
    whole = select(func.count(Understanding.message_id)).where(*_within(span))
    counted: dict[str, Counts] = {"messages": {"": await connection.scalar(scoped(whole, workspace_id)) or 0}}
    for name in _COUNTED:
        rows = await connection.execute(scoped(_by(columns[name], span), workspace_id))
        counted[name] = {str(row[0]): int(row[1]) for row in rows}
    return counted


def _by(column: SQLColumnExpression[str], span: Span) -> Select[str, int]:
    number = func.count().label("number")
    query = select(column, number).where(column.is_not(None), *_within(span)).group_by(column)
    return query.order_by(number.desc(), column).limit(_MOST_KINDS)


def _within(span: Span) -> list[ColumnElement[bool]]:
    within = [Understanding.created_at >= span.since, Understanding.created_at < span.until]
    if span.bot_id is not None:
        of_bot = select(Conversation.id).where(
            Conversation.id == Understanding.conversation_id, Conversation.bot_id == span.bot_id
        )
        within.append(of_bot.exists())
    return within
