"""First words: the bot writes to somebody who has not written yet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import people, voice, windows
from adapters.database.channels import ChannelAccess
from adapters.database.tables import Contact, Conversation
from domain.buttons import Button
from domain.ids import ConversationId, contact_id, conversation_id
from domain.templates import TemplateMessage


async def heard_at(
    connection: AsyncConnection, access: ChannelAccess, recipient: str, now: datetime
) -> datetime | None:
    """When this recipient was heard last."""
    began_as = await people.whose(connection, access.channel.id, recipient, now)
    return await windows.heard_at(connection, conversation_id(access.channel.id, began_as, None))


async def speak_first(
    connection: AsyncConnection,
    access: ChannelAccess,
    recipient: str,
    text: str,
    *,
    buttons: Sequence[Button] = (),
    template: TemplateMessage | None = None,
    now: datetime,
) -> tuple[ConversationId, UUID]:
    """Begin (or go on with) the conversation with this recipient; its id and that of the message."""
    channel = access.channel.id
    began_as = await people.whose(connection, channel, recipient, now)
    conversation = conversation_id(channel, began_as, None)
    owner = {"workspace_id": access.workspace_id, "channel_id": channel}
    contact = {"id": contact_id(channel, began_as), "external_id": recipient, **owner}
    await connection.execute(insert(Contact).values(contact).on_conflict_do_nothing())
    chat = {
        "id": conversation,
        "bot_id": access.bot_id,
        "contact_id": contact["id"],
        "platform": access.channel.platform,
        "chat": recipient,
        **owner,
    }
    await connection.execute(insert(Conversation).values(chat).on_conflict_do_nothing())
    owner_id = access.workspace_id
    said = await voice.say(
        connection, conversation, owner_id, text, author="bot", buttons=buttons, template=template, now=now
    )
    assert said is not None
    return conversation, said
