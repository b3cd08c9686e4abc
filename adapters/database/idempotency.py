"""Idempotency keys: claimed by one request at a time, and the answer that is kept for a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.scope import scoped
from adapters.database.tables import IdempotencyKey

KEPT = timedelta(hours=24)
LOCKED = timedelta(seconds=60)
"""How long a request may run; when its process died, the next with this key runs after that."""


@dataclass(frozen=True)
class Lock:
    """A claimed key; `until` is what tells this claim from a later one."""

    workspace_id: UUID
    key: str
    until: datetime


@dataclass(frozen=True)
class Kept:
    """What is known of a key that somebody claimed before: the answer, unless the request still runs."""

    digest: str
    running: bool
    status: int | None
    body: bytes
    content_type: str | None


async def claim(
    connection: AsyncConnection, workspace_id: UUID, key: str, digests: tuple[str, ...], now: datetime
) -> Lock | Kept | None:
    """Claim a key for a request with one of these digests, the first of which is stored; None: ask again at once.

    A claim whose process died can be taken over by the same request alone.
    """
    until = now + LOCKED
    fresh = {"request_digest": digests[0], "created_at": now, "locked_until": until}
    wanted = insert(IdempotencyKey).values(workspace_id=workspace_id, key=key, **fresh)
    abandoned = and_(
        IdempotencyKey.status.is_(None),
        IdempotencyKey.locked_until < now,
        IdempotencyKey.request_digest.in_(digests),
    )
    taken = wanted.on_conflict_do_update(
        index_elements=[IdempotencyKey.workspace_id, IdempotencyKey.key],
        set_={**fresh, "status": None, "body": None, "content_type": None},
        where=or_(IdempotencyKey.created_at < now - KEPT, abandoned),
    )
    if await connection.scalar(taken.returning(IdempotencyKey.key)) is not None:
        return Lock(workspace_id, key, until)
    query = scoped(select(IdempotencyKey).where(IdempotencyKey.key == key), workspace_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    running = row.status is None or row.locked_until > now
    return Kept(row.request_digest, running, row.status, row.body or b"", row.content_type)


async def keep(
    connection: AsyncConnection, lock: Lock, status: int, body: bytes, content_type: str, until: datetime
) -> bool:
    """Keep the answer of a claimed request, which counts as running until then; False when another took the key."""
    kept = scoped(update(IdempotencyKey).where(IdempotencyKey.key == lock.key), lock.workspace_id)
    values = {"status": status, "body": body, "content_type": content_type, "locked_until": until}
    mine = kept.where(IdempotencyKey.locked_until == lock.until).values(values)
    return await connection.scalar(mine.returning(IdempotencyKey.key)) is not None


async def give_back(connection: AsyncConnection, lock: Lock, now: datetime) -> None:
    """Let the next request with this key run; where an answer is kept already, the next one gets it."""
    mine = and_(IdempotencyKey.key == lock.key, IdempotencyKey.locked_until == lock.until)
    await connection.execute(
        scoped(delete(IdempotencyKey).where(mine, IdempotencyKey.status.is_(None)), lock.workspace_id)
    )
    await connection.execute(scoped(update(IdempotencyKey).where(mine), lock.workspace_id).values(locked_until=now))


async def remove_expired(connection: AsyncConnection, now: datetime, most: int = 1000) -> int:
    """Remove the oldest answers of all workspaces that need not be kept any more; how many there were, up to `most`."""
    old = select(IdempotencyKey.workspace_id, IdempotencyKey.key).where(IdempotencyKey.created_at < now - KEPT)
    oldest = old.order_by(IdempotencyKey.created_at).limit(most)
    expired = delete(IdempotencyKey).where(tuple_(IdempotencyKey.workspace_id, IdempotencyKey.key).in_(oldest))
    return (await connection.execute(expired)).rowcount
