"""What is recorded already of a batch of events, and which of its chats go on under another name."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, bindparam, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.memberships import moves, second_id
from adapters.database.records import Event
from adapters.database.tables import ChatAlias
from domain.events import InboundEvent
from domain.ids import ChannelId

# Built once: building a statement costs more than running it, and it runs for each webhook.
_KNOWN = union_all(
    select(literal("key").label("what"), Event.key.label("name"), literal("").label("value")).where(
        Event.channel_id == bindparam("channel"), Event.key == func.any(bindparam("keys", type_=ARRAY(Text)))
    ),
    select(literal("chat"), ChatAlias.chat, ChatAlias.original_chat).where(
        ChatAlias.channel_id == bindparam("channel"), ChatAlias.chat == func.any(bindparam("chats", type_=ARRAY(Text)))
    ),
)


async def known(
    connection: AsyncConnection, channel_id: ChannelId, events: Sequence[InboundEvent]
) -> tuple[set[str], dict[str, str]]:
    """The keys that are recorded already, and the chats that go on under another name."""
    named = {event.chat for event in events if event.chat} | {move.old for event in events for move in moves(event)}
    named |= {other for event in events if (other := second_id(event))}
    asked = {"channel": channel_id, "keys": [event.key for event in events], "chats": list(named)}
    rows = (await connection.execute(_KNOWN, asked)).all()
    return {row.name for row in rows if row.what == "key"}, {row.name: row.value for row in rows if row.what == "chat"}
