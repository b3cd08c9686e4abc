"""What is known of a conversation at the moment: its contact, its channel, and what its owner says of them."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import ChannelRow, Contact, Conversation
from domain.variables import Moment

_MOMENT = (
    select(
        Contact.name.label("contact_name"), Contact.language.label("contact_language"),
        Contact.metadata_.label("contact_metadata"), Conversation.platform, ChannelRow.name.label("channel_name"),
        Conversation.turns, Conversation.metadata_.label("metadata"),
    )
    .join(Contact, Contact.id == Conversation.contact_id)
    .join(ChannelRow, ChannelRow.id == Conversation.channel_id)
    .where(Conversation.id == bindparam("conversation", type_=Uuid()))
)  # fmt: skip


async def of(connection: AsyncConnection, conversation_id: UUID) -> Moment:
    """What is known of a conversation."""
    row = (await connection.execute(_MOMENT, {"conversation": conversation_id})).mappings().one_or_none()
    return Moment.model_validate(dict(row)) if row else Moment()
