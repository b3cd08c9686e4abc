"""NOTIFY: a word to whoever listens, sent with the transaction that changed the rows."""

import json
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

CONVERSATIONS = "conversations"
CHANNELS_CHANGED = "channels_changed"


async def conversation_changed(
    connection: AsyncConnection, conversation_id: UUID, kind: str = "look", *, ended: UUID | None = None
) -> None:
    """Wake the streams of a conversation: to look at its rows, or to show `typing` or a `status`.

    `ended` is a turn of which no draft is to be shown any more: its reply is there.
    """
    note = {"conversation": str(conversation_id), "kind": kind} | ({"ended": str(ended)} if ended else {})
    await connection.execute(select(func.pg_notify(CONVERSATIONS, json.dumps(note))))


async def channels_changed(connection: AsyncConnection) -> None:
    """Have every process read channels and bots anew."""
    await connection.execute(select(func.pg_notify(CHANNELS_CHANGED, "")))
