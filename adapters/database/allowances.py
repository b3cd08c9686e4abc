"""How much of their limits the keys of models have left, counted by all processes together."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import ModelAllowance
from domain.allowances import Allowance, refilled, used, wait_seconds, whole
from domain.offered_models import RateLimits

_NOW = func.clock_timestamp()


async def take(
    connection: AsyncConnection, model_id: UUID, key: str, limits: RateLimits, tokens: int
) -> timedelta | None:
    """Count a call that takes at most so many tokens; how long it has to wait where there is not enough left.

    Whoever counts for a key waits for the one before; the time is the database's, so that no clock differs.
    """
    of_key = (ModelAllowance.model_id == model_id, ModelAllowance.key == key)
    full = whole(limits)
    new = {"model_id": model_id, "key": key, "requests": full.requests, "tokens": full.tokens, "counted_at": _NOW}
    await connection.execute(insert(ModelAllowance).values(new).on_conflict_do_nothing())
    passed = func.extract("epoch", _NOW - ModelAllowance.counted_at).label("seconds")
    query = select(ModelAllowance.requests, ModelAllowance.tokens, passed).where(*of_key).with_for_update()
    row = (await connection.execute(query)).one()
    left = refilled(Allowance(requests=row.requests, tokens=row.tokens), limits, float(row.seconds))
    wait = wait_seconds(left, limits, tokens)
    if wait > 0:
        return timedelta(seconds=wait)
    left = used(left, tokens)
    counted = {"requests": left.requests, "tokens": left.tokens, "counted_at": _NOW}
    await connection.execute(update(ModelAllowance).where(*of_key).values(counted))
    return None


async def give_back(connection: AsyncConnection, model_id: UUID, key: str, tokens: int) -> None:
    """Give back the tokens that a call did not take."""
    of_key = (ModelAllowance.model_id == model_id, ModelAllowance.key == key)
    await connection.execute(update(ModelAllowance).where(*of_key).values(tokens=ModelAllowance.tokens + tokens))
