"""Edits and deletes of messages that were recorded earlier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.channels import ChannelAccess
from adapters.database.records import Event, Message
from domain.events import OPEN_STATES, EventKind, EventState
from domain.ids import ConversationId

if TYPE_CHECKING:
    from adapters.database.events import Recording


@dataclass(frozen=True)
class _Known:
    """The message that a change is about, and how the event that brought it stands."""

    id: object
    text: str
    state: str
    has_turn: bool


async def apply_changes(
    connection: AsyncConnection,
    access: ChannelAccess,
    conversation: ConversationId | None,
    recordings: Sequence["Recording"],
    now: datetime,
) -> "list[Recording]":
    """Apply the edits and deletes among these events and end them; the others pass unchanged."""
    applied = []
    for item in recordings:
        if item.state is EventState.RECEIVED and item.event.kind in (EventKind.EDIT, EventKind.DELETE):
            reason = await _apply(connection, conversation, item, now)
            item = replace(item, state=EventState.IGNORED, reason=reason)
        applied.append(item)
    return applied


async def _apply(
    connection: AsyncConnection, conversation: ConversationId | None, item: "Recording", now: datetime
) -> str:
    known = await _find(connection, conversation, item.event.platform_message_id)
    if known is None:
        return "unknown_message"
    if item.event.kind is EventKind.DELETE:
        await connection.execute(
            update(Message).where(Message.id == known.id).values(deleted_at=now, changed_seq=item.seq)
        )
        await _withdraw(connection, known, now)
        return "applied"
    if known.text == item.event.text:
        return "unchanged"
    changed = {"text": item.event.text, "edited_at": item.event.occurred_at or now, "changed_seq": item.seq}
    await connection.execute(update(Message).where(Message.id == known.id).values(changed))
    return "applied" if known.state in OPEN_STATES else "already_answered"


async def _find(
    connection: AsyncConnection, conversation: ConversationId | None, platform_message_id: str | None
) -> _Known | None:
    query = (
        select(Message.id, Message.text, Event.state, Event.turn_id)
        .join(Event, Event.id == Message.id)
        .where(Message.conversation_id == conversation, Message.platform_message_id == platform_message_id)
    )
    row = (await connection.execute(query)).first()
    return _Known(row.id, row.text, row.state, row.turn_id is not None) if row else None


async def _withdraw(connection: AsyncConnection, known: _Known, now: datetime) -> None:
    """A deleted message that no turn has taken up needs no answer any more."""
    withdrawn = (
        update(Event)
        .where(Event.id == known.id, Event.state.in_(OPEN_STATES), Event.turn_id.is_(None))
        .values(state=EventState.IGNORED, reason="withdrawn", ended_at=now)
    )
    await connection.execute(withdrawn)
