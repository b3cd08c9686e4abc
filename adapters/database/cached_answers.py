"""The answer cache of each bot: found by everything that decided the answer, kept for as long as the bot says."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.budgets import Call
from adapters.database.spending import CachedAnswer
from domain.caching import KeptAnswer
from domain.prices import Tokens

# Built once: building a statement costs more than running it, and it runs for each turn of a bot with a cache.
_FIND = select(CachedAnswer).where(
    CachedAnswer.bot_id == bindparam("bot"),
    CachedAnswer.key == bindparam("of_key"),
    CachedAnswer.workspace_id == bindparam("workspace"),
    CachedAnswer.expires_at > bindparam("now"),
    CachedAnswer.stored_at > bindparam("since"),
)


async def find(connection: AsyncConnection, call: Call, key: str, hours: float, now: datetime) -> KeptAnswer | None:
    """The bot's own answer to the same question, neither past its time nor older than the bot wants it now."""
    which = {"bot": call.bot_id, "of_key": key, "workspace": call.workspace_id}
    since = now - timedelta(hours=hours)
    row = (await connection.execute(_FIND, {**which, "now": now, "since": since})).one_or_none()
    if row is None:
        return None
    return KeptAnswer(
        key=key,
        question=row.question,
        model=row.model,
        answered_by=row.answered_by,
        text=row.text,
        tokens=Tokens(input=row.input_tokens, output=row.output_tokens, cached=row.cached_tokens),
        cost=row.cost,
        hours=hours,
    )


async def keep(connection: AsyncConnection, call: Call, kept: KeptAnswer, now: datetime) -> None:
    """Keep an answer; of two that were bought at once, the later one."""
    values = {
        "workspace_id": call.workspace_id,
        "conversation_id": call.conversation_id,
        "question": kept.question,
        "model": kept.model,
        "answered_by": kept.answered_by,
        "text": kept.text,
        "input_tokens": kept.tokens.input,
        "output_tokens": kept.tokens.output,
        "cached_tokens": kept.tokens.cached,
        "cost": kept.cost,
        "stored_at": now,
        "expires_at": now + timedelta(hours=kept.hours),
    }
    row = insert(CachedAnswer).values(bot_id=call.bot_id, key=kept.key, **values)
    await connection.execute(row.on_conflict_do_update(index_elements=["bot_id", "key"], set_=values))


async def remove_expired(connection: AsyncConnection, now: datetime, most: int) -> int:
    """Remove answers past their time."""
    key = tuple_(CachedAnswer.bot_id, CachedAnswer.key)
    old = select(CachedAnswer.bot_id, CachedAnswer.key).where(CachedAnswer.expires_at <= now).limit(most)
    return (await connection.execute(delete(CachedAnswer).where(key.in_(old)))).rowcount
