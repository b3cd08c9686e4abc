"""What memberships change: chats that got a new id, and contacts that cannot be reached any more or again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import ChatAlias, Conversation
from domain.events import WAKING_KINDS, EventKind, InboundEvent
from domain.ids import ConversationId

_UNDELIVERABLE = {"blocked": "blocked", "removed": "removed", "unblocked": None, "added": None}
"""What a membership's status says of reaching the contact."""


async def note_reachability(
    connection: AsyncConnection, conversation: ConversationId, events: Sequence[InboundEvent]
) -> None:
    """Show whether the contact can be reached, where these events of a conversation end with a word on it.

    Who writes can be reached; whoever records the message has noted that.
    """
    for event in reversed(events):
        status = event.details.get("status")
        if event.kind in WAKING_KINDS:
            return
        if event.kind is EventKind.MEMBERSHIP and isinstance(status, str) and status in _UNDELIVERABLE:
            of_contact = update(Conversation).where(Conversation.id == conversation)
            await connection.execute(of_contact.values(undeliverable=_UNDELIVERABLE[status]))
            return


async def move_chat(connection: AsyncConnection, conversation_id: UUID, chat: str) -> None:
    """A chat got a new id on the platform: the conversation goes on under it."""
    earlier = and_(ChatAlias.channel_id == Conversation.channel_id, ChatAlias.chat == Conversation.chat)
    query = (
        select(Conversation.channel_id, func.coalesce(ChatAlias.original_chat, Conversation.chat).label("original"))
        .outerjoin(ChatAlias, earlier)
        .where(Conversation.id == conversation_id)
        .order_by(ChatAlias.since.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).one()
    alias = insert(ChatAlias).values(channel_id=row.channel_id, chat=chat, original_chat=row.original)
    await connection.execute(alias.on_conflict_do_nothing())
    await connection.execute(update(Conversation).where(Conversation.id == conversation_id).values(chat=chat))


async def mark_undeliverable(connection: AsyncConnection, conversation_id: UUID, reason: str) -> None:
    """Show operators that the contact cannot be reached."""
    await connection.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(undeliverable=reason)
    )
