"""Reactions that a bot answers: told in words, with the message that they are about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.edits import reopen
from adapters.database.records import DeliveryRow, Message
from domain.events import EventKind, EventState, InboundEvent
from domain.ids import ConversationId
from domain.reactions import worded

if TYPE_CHECKING:
    from adapters.database.events import Recording

_PART = select(DeliveryRow.message_id).where(
    DeliveryRow.conversation_id == bindparam("conversation"), DeliveryRow.platform_message_id == bindparam("name")
)
_ABOUT = (
    select(Message.text)
    .where(Message.conversation_id == bindparam("conversation"), Message.deleted_at.is_(None))
    .where(or_(Message.platform_message_id == bindparam("name"), Message.id.in_(_PART)))
    .order_by(Message.seq.desc())
    .limit(1)
)


async def understood(
    connection: AsyncConnection, conversation: ConversationId | None, recordings: "Sequence[Recording]", now: datetime
) -> "list[Recording]":
    """The same events, where reactions that are to be answered say in words what they are; a closed chat reopens."""
    if conversation is None:
        return list(recordings)
    found = [await _read(connection, conversation, item) if _is_said(item) else item for item in recordings]
    if any(_is_said(item) for item in found):
        await reopen(connection, conversation, now)
    return found


def name_of(event: InboundEvent) -> str | None:
    """The platform's id of the message that an event brings: a reaction names the one that it is about."""
    return None if event.kind is EventKind.REACTION else event.platform_message_id


def _is_said(item: "Recording") -> bool:
    return item.event.kind is EventKind.REACTION and item.state is EventState.RECEIVED


async def _read(connection: AsyncConnection, conversation: ConversationId, item: "Recording") -> "Recording":
    added, name = item.event.details.get("added"), item.event.platform_message_id
    about = await connection.scalar(_ABOUT, {"conversation": conversation, "name": name}) if name else None
    feelings = [str(feeling) for feeling in added] if isinstance(added, list) else []
    return replace(item, event=item.event.model_copy(update={"text": worded(feelings, about)}))
