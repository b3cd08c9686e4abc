"""How far a channel's connection to a gateway was heard, kept with what was heard."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import Conversation, GatewayPosition
from domain.ids import ChannelId


@dataclass(frozen=True)
class Position:
    """The session that can be resumed behind `sequence`, where there is one, and the newest message heard.

    Up to `heard_id`, a snowflake, nothing is missing in any chat.
    """

    heard_id: int
    session_id: str | None = None
    resume_url: str | None = None
    sequence: int = 0


# Built once: it runs for each message.
_KEPT = insert(GatewayPosition)
_KEEP = _KEPT.on_conflict_do_update(
    index_elements=[GatewayPosition.channel_id],
    set_={name: _KEPT.excluded[name] for name in ("session_id", "resume_url", "sequence", "heard_id")},
)


async def load(connection: AsyncConnection, channel_id: ChannelId) -> Position | None:
    """How far a channel was heard; None when it never was."""
    query = select(
        GatewayPosition.heard_id,
        GatewayPosition.session_id,
        GatewayPosition.resume_url,
        GatewayPosition.sequence,
    ).where(GatewayPosition.channel_id == channel_id)
    row = (await connection.execute(query)).one_or_none()
    return Position(row.heard_id, row.session_id, row.resume_url, row.sequence) if row else None


async def keep(connection: AsyncConnection, channel_id: ChannelId, position: Position) -> None:
    """Remember how far a channel was heard."""
    row = {
        "channel_id": channel_id,
        "session_id": position.session_id,
        "resume_url": position.resume_url,
        "sequence": position.sequence,
        "heard_id": position.heard_id,
    }
    await connection.execute(_KEEP, row)


async def known_chats(connection: AsyncConnection, channel_id: ChannelId) -> list[str]:
    """The chats of a channel, those first in which something was said last."""
    query = (
        select(Conversation.chat)
        .where(Conversation.channel_id == channel_id)
        .order_by(Conversation.last_message_at.desc().nulls_last(), Conversation.id)
    )
    return list(dict.fromkeys((await connection.scalars(query)).all()))
