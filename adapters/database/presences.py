"""Which conversations a bot's coming and going concerns, where a platform tells it of a server as a whole."""

from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Event
from adapters.database.tables import Conversation
from adapters.platforms.discord.guilds import Presence
from domain.events import WAKING_KINDS
from domain.ids import ChannelId

_REACHABLE_AGAIN = ("removed", "recipient_gone")
"""Why a conversation could not be reached in a channel that is there again."""
# The newest message tells, so that each conversation costs one look into an index.
_guild = (
    select(Event.payload["details"]["guild"].as_string())
    .where(Event.conversation_id == Conversation.id, Event.kind.in_(WAKING_KINDS))
    .order_by(Event.received_at.desc(), Event.id.desc())
    .limit(1)
    .scalar_subquery()
)


@dataclass(frozen=True)
class Concerned:
    """A chat that a presence concerns, and the guild that it is in, as far as that is known."""

    chat: str
    guild: str | None


async def concerned(connection: AsyncConnection, channel_id: ChannelId, presence: Presence) -> list[Concerned]:
    """The chats of a channel of which a presence tells something that is not known yet."""
    query = select(Conversation.chat, _guild.label("guild")).where(Conversation.channel_id == channel_id)
    if presence.status == "added":
        query = query.where(Conversation.undeliverable.in_(_REACHABLE_AGAIN))
    else:
        query = query.where(Conversation.undeliverable.is_distinct_from("removed"))
    if presence.guilds is not None:
        query = query.where(_guild.is_not(None), _guild != func.all(literal(list(presence.guilds), ARRAY(Text))))
    elif presence.status == "removed" and presence.guild is not None:
        query = query.where(_guild == presence.guild)
    else:
        query = query.where(Conversation.chat == func.any(literal(list(presence.chats), ARRAY(Text))))
    return [Concerned(row.chat, row.guild) for row in await connection.execute(query.order_by(Conversation.id))]
