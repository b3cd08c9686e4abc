"""What is recorded already of a batch of events, and whose the names are under which its chats go."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, bindparam, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import people
from adapters.database.records import Event
from adapters.database.tables import ChatAlias
from domain.events import InboundEvent
from domain.ids import ChannelId
from domain.names import Names

# Built once: building a statement costs more than running it, and this runs for each webhook.
_KNOWN = union_all(
    select(
        literal("key").label("what"), Event.key.label("name"), literal("").label("value"), Event.received_at.label("at")
    ).where(Event.channel_id == bindparam("channel"), Event.key == func.any(bindparam("keys", type_=ARRAY(Text)))),
    select(literal("chat"), ChatAlias.chat, ChatAlias.original_chat, ChatAlias.since).where(
        ChatAlias.channel_id == bindparam("channel"), ChatAlias.chat == func.any(bindparam("chats", type_=ARRAY(Text)))
    ),
)


async def known(
    connection: AsyncConnection, channel_id: ChannelId, events: Sequence[InboundEvent]
) -> tuple[set[str], Names]:
    """The keys that are recorded already, and whose the names of the chats are."""
    chats_told = list(people.names_in(events))
    asked = {"channel": channel_id, "keys": [event.key for event in events], "chats": chats_told}
    rows = (await connection.execute(_KNOWN, asked)).all()
    named = Names((row.name, row.at, row.value) for row in rows if row.what == "chat")
    return {row.name for row in rows if row.what == "key"}, named
