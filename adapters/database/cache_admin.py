"""A bot's answer cache as its owner sees it: how much it holds, what it saved, and what is taken out of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Usage
from adapters.database.scope import scoped
from adapters.database.spending import CachedAnswer
from domain.caching import like


@dataclass(frozen=True)
class Saved:
    """How often an answer was given again or had to be bought, and what the former would have come to."""

    hits: int
    misses: int
    tokens: int
    cost: float | None


@dataclass(frozen=True)
class Unwanted:
    """Which answers are to go: those of a model, those in whose question or answer a pattern is found, or all."""

    model: str | None = None
    pattern: str | None = None


async def count(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, now: datetime) -> int:
    """How many answers may be given again."""
    usable = (CachedAnswer.bot_id == bot_id, CachedAnswer.expires_at > now)
    query = select(func.count(CachedAnswer.key)).where(*usable)
    return await connection.scalar(scoped(query, workspace_id)) or 0


async def saved(
    connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, since: datetime, until: datetime
) -> Saved:
    """What the cache was worth in a span of time."""
    hit = Usage.cache == "hit"
    query = select(
        func.count(Usage.id).filter(hit).label("hits"),
        func.count(Usage.id).filter(Usage.cache == "miss").label("misses"),
        func.coalesce(func.sum(Usage.saved_tokens), 0).label("tokens"),
        func.sum(Usage.saved_cost).filter(hit).label("cost"),
    ).where(Usage.bot_id == bot_id, Usage.created_at >= since, Usage.created_at < until)
    row = (await connection.execute(scoped(query, workspace_id))).one()
    return Saved(row.hits, row.misses, int(row.tokens), row.cost if row.hits else 0.0)


async def remove(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, unwanted: Unwanted, most: int) -> int:
    """Remove some of the answers that are to go; how many."""
    criteria = [CachedAnswer.bot_id == bot_id]
    if unwanted.model is not None:
        criteria.append((CachedAnswer.model == unwanted.model) | (CachedAnswer.answered_by == unwanted.model))
    if unwanted.pattern is not None:
        part = like(unwanted.pattern)
        criteria.append(CachedAnswer.question.ilike(part) | CachedAnswer.text.ilike(part))
    found = scoped(select(CachedAnswer.key).where(*criteria).limit(most), workspace_id)
    gone = delete(CachedAnswer).where(CachedAnswer.bot_id == bot_id, CachedAnswer.key.in_(found))
    return (await connection.execute(scoped(gone, workspace_id))).rowcount
