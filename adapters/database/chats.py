"""Chats: the contact and the conversation that an event belongs to, made when they are new, locked and numbered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, SQLColumnExpression, bindparam, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.channels import ChannelAccess
from adapters.database.tables import Contact, Conversation
from domain.events import InboundEvent
from domain.ids import ConversationId, contact_id


def _differs(new: ColumnElement[str | None], old: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    return new.is_not(None) & new.is_distinct_from(old)


# Built once: building a statement costs more than running it, and these run for each webhook.
_MADE = insert(Contact)
_KEEP_CONTACT = _MADE.on_conflict_do_update(
    index_elements=[Contact.id],
    set_={
        "name": func.coalesce(_MADE.excluded.name, Contact.name),
        "language": func.coalesce(_MADE.excluded.language, Contact.language),
        "updated_at": func.now(),
    },
    where=_differs(_MADE.excluded.name, Contact.name) | _differs(_MADE.excluded.language, Contact.language),
)
_BEGUN = insert(Conversation)
_OPEN = _BEGUN.on_conflict_do_update(
    index_elements=[Conversation.id],
    set_={
        "last_seq": Conversation.last_seq + _BEGUN.excluded.last_seq,
        "last_message_at": _BEGUN.excluded.last_message_at,
        "closed_at": None,
        "undeliverable": None,
        "deleted_at": None,
        "updated_at": _BEGUN.excluded.last_message_at,
    },
).returning(Conversation.last_seq)
_NUMBER = (
    update(Conversation)
    .where(Conversation.id == bindparam("conversation"))
    .values(last_seq=Conversation.last_seq + bindparam("count", type_=Integer))
    .returning(Conversation.last_seq)
)


async def number(connection: AsyncConnection, conversation: ConversationId, count: int) -> int | None:
    """Lock a conversation and give out so many numbers; the last of them, None when there is no such conversation."""
    return await connection.scalar(_NUMBER, {"conversation": conversation, "count": count})


async def open_chat(
    connection: AsyncConnection,
    access: ChannelAccess,
    conversation: ConversationId,
    chat: str,
    event: InboundEvent,
    count: int,
    now: datetime,
) -> int | None:
    """The same for an event that begins or goes on with a conversation: it exists then, and is not closed."""
    contact = await _keep_contact(connection, access, chat, event)
    row = {
        "id": conversation,
        "workspace_id": access.workspace_id,
        "bot_id": access.bot_id,
        "channel_id": access.channel.id,
        "contact_id": contact,
        "platform": access.channel.platform,
        "chat": event.chat,
        "thread": event.thread,
        "last_message_at": now,
        "last_seq": count,
    }
    return await connection.scalar(_OPEN, row)


async def _keep_contact(connection: AsyncConnection, access: ChannelAccess, chat: str, event: InboundEvent) -> UUID:
    sender = event.sender
    external = chat if event.is_group or sender is None else sender.external_id
    title = event.details.get("chat_title")
    name = (title if isinstance(title, str) else None) if event.is_group else (sender.name if sender else None)
    contact = contact_id(access.channel.id, external)
    row = {
        "id": contact,
        "workspace_id": access.workspace_id,
        "channel_id": access.channel.id,
        "external_id": external,
        "name": name,
        "language": sender.language if sender and not event.is_group else None,
    }
    await connection.execute(_KEEP_CONTACT, row)
    return contact
