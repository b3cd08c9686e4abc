"""Closed windows: what of a reply could not go out in time ends with its reason, and who waits for it is told so."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import ledger, voice
from adapters.database.ledger import Floor, Part
from adapters.database.memberships import mark_undeliverable
from adapters.database.records import DeliveryRow, Message, Notice
from adapters.database.tables import ChannelRow, Conversation
from domain.deliveries import DeliveryState
from domain.platforms import PlatformName
from domain.templates import closed_window, written

WINDOW_CLOSED = "window_closed"
"""The reason of a part that came too late, and the kind of the notice that says so."""


async def end_reply(
    connection: AsyncConnection, floor: Floor, conversation_id: UUID, reply: str, part: Part, now: datetime
) -> None:
    """Put to rest the part that came too late and those behind it; one that may have gone out before is in doubt."""
    if part.standing.state is DeliveryState.SENDING:
        await ledger.doubt(connection, part)
    await ledger.rest(connection, conversation_id, reply, DeliveryState.FAILED, WINDOW_CLOSED)
    await mark_undeliverable(connection, conversation_id, WINDOW_CLOSED)
    await connection.execute(
        insert(Notice).values(
            id=uuid4(),
            workspace_id=floor.workspace_id,
            conversation_id=conversation_id,
            kind=WINDOW_CLOSED,
            details={"delivery_id": str(part.id), "part": part.part, "heard_at": _shown(floor.heard_at)},
        )
    )
    await tell_by_template(connection, conversation_id, now)


async def tell_by_template(connection: AsyncConnection, conversation_id: UUID, now: datetime) -> None:
    """Send the contact the template that the channel's settings name, once until the contact writes again."""
    owner = (
        select(ChannelRow.settings, Conversation.workspace_id)
        .join(Conversation, Conversation.channel_id == ChannelRow.id)
        .where(Conversation.id == conversation_id)
        .with_for_update(of=Conversation)
    )
    row = (await connection.execute(owner)).one()
    policy = closed_window(row.settings)
    if policy is None or await _is_told(connection, conversation_id):
        return
    text = policy.text or written(None, policy.message)
    await voice.say(
        connection, conversation_id, row.workspace_id, text, author="system", template=policy.message, now=now
    )


async def _is_told(connection: AsyncConnection, conversation_id: UUID) -> bool:
    told = (
        select(Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.conversation_id == conversation_id,
            Message.author == "system",
            Message.template.is_not(None),
            or_(Conversation.heard_at.is_(None), Message.created_at > Conversation.heard_at),
        )
    )
    return await connection.scalar(told.limit(1)) is not None


async def of_delivery(
    connection: AsyncConnection, workspace_id: UUID, delivery_id: UUID
) -> tuple[PlatformName, datetime | None] | None:
    """On which platform, and since when, a part of free words waits for its contact; None for a template."""
    query = (
        select(Conversation.platform, Conversation.heard_at)
        .join(DeliveryRow, DeliveryRow.conversation_id == Conversation.id)
        .join(Message, Message.id == DeliveryRow.message_id)
        .where(DeliveryRow.id == delivery_id, DeliveryRow.workspace_id == workspace_id, Message.template.is_(None))
    )
    row = (await connection.execute(query)).one_or_none()
    return (PlatformName(row.platform), row.heard_at) if row else None


async def heard_at(connection: AsyncConnection, conversation_id: UUID) -> datetime | None:
    """When the contact of a conversation was heard last."""
    return await connection.scalar(select(Conversation.heard_at).where(Conversation.id == conversation_id))


def _shown(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
