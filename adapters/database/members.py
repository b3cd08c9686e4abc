"""Members of groups: who they are is asked of platforms that send no names, as it is of contacts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import profiles
from adapters.database.channels import ChannelAccess
from adapters.database.tables import Contact, Conversation
from domain.events import Sender
from domain.ids import contact_id

_KNOW = insert(Contact).on_conflict_do_nothing()
_NAMES = (
    select(Contact.external_id, Contact.name)
    .join(Conversation, Conversation.channel_id == Contact.channel_id)
    .where(
        Conversation.id == bindparam("conversation", type_=Uuid()),
        Contact.external_id == func.any(bindparam("members", type_=ARRAY(Text))),
        Contact.name.is_not(None),
    )
)


async def want(connection: AsyncConnection, access: ChannelAccess, sender: Sender, now: datetime) -> None:
    """Have somebody's name asked for who wrote in a group, where it never was or long ago."""
    channel = access.channel.id
    row = {"id": contact_id(channel, sender.external_id), "external_id": sender.external_id}
    await connection.execute(_KNOW, {**row, "workspace_id": access.workspace_id, "channel_id": channel})
    await profiles.want(connection, contact_id(channel, sender.external_id), now)


async def names(connection: AsyncConnection, conversation_id: UUID, members: Collection[str]) -> Mapping[str, str]:
    """What these members of a group are called, as far as that was learnt."""
    if not members:
        return {}
    rows = await connection.execute(_NAMES, {"conversation": conversation_id, "members": list(members)})
    return {row.external_id: row.name for row in rows}
