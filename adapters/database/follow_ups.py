"""Follow-ups: who called the bot into a thread need not name it again there."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ARRAY, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.channels import ChannelAccess
from adapters.database.tables import Conversation
from domain.events import InboundEvent
from domain.ids import conversation_id
from domain.names import Names

# Built once: building a statement costs more than running it. A conversation is there once the bot was called.
_THERE = select(Conversation.id).where(
    Conversation.id == func.any(bindparam("ids", type_=ARRAY(Uuid))), Conversation.deleted_at.is_(None)
)


async def addressed(
    connection: AsyncConnection, access: ChannelAccess, events: Mapping[str, InboundEvent], names: Names, now: datetime
) -> dict[str, InboundEvent]:
    """The same events by their keys; what follows up in a thread that has the bot in it is addressed to the bot."""
    if access.bot.groups != "when_addressed":
        return dict(events)
    places = {
        key: conversation_id(access.channel.id, chat, event.thread)
        for key, event in events.items()
        if event.follows_up and not event.addressed and (chat := names.owner_of(event, now))
    }
    if not places:
        return dict(events)
    there = set(await connection.scalars(_THERE, {"ids": list(places.values())}))
    return {
        key: event.model_copy(update={"addressed": True}) if places.get(key) in there else event
        for key, event in events.items()
    }
