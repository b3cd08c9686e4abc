"""Webchat sessions: a visitor's, resumed by its secret, each with an allowance of messages."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import WebchatSession

RATE_PER_SECOND = 5
BURST = 20


class SessionGone(Exception):
    """The session was erased."""


@dataclass(frozen=True)
class Session:
    """A session, and its secret when it was made just now."""

    id: UUID
    visitor_id: str
    secret: str | None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def create(
    connection: AsyncConnection,
    channel_id: UUID,
    visitor_id: str | None,
    page: dict[str, JsonValue],
    now: datetime,
) -> Session:
    """A new session; its secret is told once and kept as a digest."""
    session = Session(uuid4(), visitor_id or uuid4().hex, secrets.token_urlsafe(32))
    assert session.secret is not None
    row = {
        "id": session.id,
        "channel_id": channel_id,
        "visitor_id": session.visitor_id,
        "secret_digest": _digest(session.secret),
        "page": page,
        "allowance": BURST,
        "allowance_at": now,
    }
    await connection.execute(insert(WebchatSession).values(row))
    return session


async def resume(connection: AsyncConnection, channel_id: UUID, secret: str) -> Session | None:
    """The session that this secret belongs to; None when there is none on this channel."""
    query = select(WebchatSession.id, WebchatSession.visitor_id).where(
        WebchatSession.channel_id == channel_id, WebchatSession.secret_digest == _digest(secret)
    )
    row = (await connection.execute(query)).one_or_none()
    return Session(row.id, row.visitor_id or "", None) if row else None


async def exists(connection: AsyncConnection, channel_id: UUID, session_id: UUID) -> bool:
    """Whether a channel has this session."""
    query = select(WebchatSession.id).where(WebchatSession.id == session_id, WebchatSession.channel_id == channel_id)
    return await connection.scalar(query) is not None


async def spend(
    connection: AsyncConnection, session_id: UUID, now: datetime, messages: float = 1.0
) -> timedelta | None:
    """Take so many messages from the allowance (a token bucket, shared by all processes).

    None when they were there; else how long until they are. Raises `SessionGone`.
    """
    elapsed = func.extract("epoch", now - WebchatSession.allowance_at)
    refilled = func.least(BURST, WebchatSession.allowance + func.greatest(elapsed, 0) * RATE_PER_SECOND)
    taken = (
        update(WebchatSession)
        .where(WebchatSession.id == session_id, refilled >= messages)
        .values(allowance=refilled - messages, allowance_at=func.greatest(now, WebchatSession.allowance_at))
        .returning(WebchatSession.id)
    )
    if await connection.scalar(taken) is not None:
        return None
    left = await connection.scalar(select(refilled).where(WebchatSession.id == session_id))
    if left is None:
        raise SessionGone(f"there is no session {str(session_id)!r}; open a new one")
    return timedelta(seconds=(messages - float(left)) / RATE_PER_SECOND)
