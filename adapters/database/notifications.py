"""NOTIFY: a word to whoever listens, sent with the transaction that changed the rows."""

import json
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

CONVERSATIONS = "conversations"
CHANNELS_CHANGED = "channels_changed"


async def conversation_changed(connection: AsyncConnection, conversation_id: UUID, kind: str = "look") -> None:
    """Wake the streams of a conversation: to look at its rows, or to show `typing` or a `status`."""
    note = json.dumps({"conversation": str(conversation_id), "kind": kind})
    await connection.execute(select(func.pg_notify(CONVERSATIONS, note)))


async def channels_changed(connection: AsyncConnection) -> None:
    """Have every process read channels and bots anew."""
    await connection.execute(select(func.pg_notify(CHANNELS_CHANGED, "")))
