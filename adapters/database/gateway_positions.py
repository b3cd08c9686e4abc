"""How far a channel's connections to a gateway were heard, kept with what was heard."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import Conversation, GatewayPosition
from adapters.platforms.discord.shards import Shard
from domain.ids import ChannelId


@dataclass(frozen=True)
class Position:
    """The session that can be resumed behind `sequence`, where there is one, and the newest message heard.

    Up to `heard_id`, a snowflake, nothing is missing in any chat of the shard.
    """

    heard_id: int
    session_id: str | None = None
    resume_url: str | None = None
    sequence: int = 0


# Built once: it runs for each message.
_KEPT = insert(GatewayPosition)
_KEEP = _KEPT.on_conflict_do_update(
    index_elements=[GatewayPosition.channel_id, GatewayPosition.shards, GatewayPosition.shard],
    set_={name: _KEPT.excluded[name] for name in ("session_id", "resume_url", "sequence", "heard_id")},
)


async def load(connection: AsyncConnection, channel_id: ChannelId) -> dict[Shard, Position]:
    """How far each shard of a channel was heard, also of other numbers of shards than the one that is in use."""
    query = select(GatewayPosition).where(GatewayPosition.channel_id == channel_id)
    rows = (await connection.execute(query.with_only_columns(*GatewayPosition.__table__.columns))).all()
    return {
        Shard(number=row.shard, of=row.shards): Position(row.heard_id, row.session_id, row.resume_url, row.sequence)
        for row in rows
    }


async def keep(connection: AsyncConnection, channel_id: ChannelId, shard: Shard, position: Position) -> None:
    """Remember how far a shard was heard."""
    row = {
        "channel_id": channel_id,
        "shards": shard.of,
        "shard": shard.number,
        "session_id": position.session_id,
        "resume_url": position.resume_url,
        "sequence": position.sequence,
        "heard_id": position.heard_id,
    }
    await connection.execute(_KEEP, row)


async def drop_others(connection: AsyncConnection, channel_id: ChannelId, shards: int) -> bool:
    """Forget the shards of other numbers, once each of these many has a session with nothing missing before it."""
    own = GatewayPosition.channel_id == channel_id
    ready = select(func.count(GatewayPosition.session_id)).where(own, GatewayPosition.shards == shards)
    others = delete(GatewayPosition).where(own, GatewayPosition.shards != shards, ready.scalar_subquery() == shards)
    return (await connection.execute(others)).rowcount > 0


async def known_chats(connection: AsyncConnection, channel_id: ChannelId) -> list[str]:
    """The chats of a channel, those first in which something was said last."""
    query = (
        select(Conversation.chat)
        .where(Conversation.channel_id == channel_id)
        .order_by(Conversation.last_message_at.desc().nulls_last(), Conversation.id)
    )
    return list(dict.fromkeys((await connection.scalars(query)).all()))
