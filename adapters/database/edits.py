"""Edits and deletes: applied to messages that were recorded, kept for those that come later, or answered again."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, bindparam, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import digests, rethinking, summaries, understandings
from adapters.database.channels import ChannelAccess
from adapters.database.records import Event, Message
from adapters.database.tables import Conversation
from domain.events import OPEN_STATES, EventKind, EventState, InboundEvent
from domain.hearing import edition, is_answered_again, is_overtaken
from domain.ids import ConversationId

if TYPE_CHECKING:
    from adapters.database.events import Recording

CHANGES = (EventKind.EDIT, EventKind.DELETE)
EARLY_FOR = timedelta(minutes=1)
"""How long a change waits for the message that it is about: platforms reorder by seconds."""
# Built once, because it runs for each message; the reasons are written out, as a partial index wants them.
_EARLY = (
    select(Event.id, Event.payload)
    .where(Event.channel_id == bindparam("channel"), Event.received_at > bindparam("since"))
    .where(literal_column("events.reason IN ('unknown_message', 'unknown_chat')", Boolean))
    .where(Event.payload["platform_message_id"].as_string() == func.any(bindparam("ids", type_=ARRAY(Text))))
    .order_by(Event.received_at, Event.seq)
)


@dataclass(frozen=True)
class _Known:
    """The message that a change is about, and how the event that brought it stands."""

    id: UUID
    text: str
    edition: int | None
    is_deleted: bool
    state: EventState
    taken_up: bool


def in_rounds(recordings: "Sequence[Recording]") -> "list[list[Recording]]":
    """What is recorded step by step: first the messages, then their changes, those of one message one by one.

    So each change finds its message, as the change before it left it, wherever both stand in what a platform told.
    """
    rounds: dict[int, list[Recording]] = defaultdict(list)
    changes: Counter[str | None] = Counter()
    for item in recordings:
        name = item.event.platform_message_id
        changes[name] += item.event.kind in CHANGES
        rounds[changes[name] if item.event.kind in CHANGES else 0].append(item)
    return [rounds[number] for number in sorted(rounds)]


async def apply_changes(
    connection: AsyncConnection,
    access: ChannelAccess,
    conversation: ConversationId | None,
    recordings: Sequence["Recording"],
    now: datetime,
) -> "list[Recording]":
    """Apply the edits and deletes among these events and end them; what is to be answered again passes on."""
    applied = []
    for item in recordings:
        if conversation and item.state is EventState.RECEIVED and item.event.kind in CHANGES:
            reason = await _apply(connection, access, conversation, item, now)
            item = replace(item, state=EventState.IGNORED, reason=reason) if reason else item
        applied.append(item)
    return applied


async def _apply(
    connection: AsyncConnection, access: ChannelAccess, conversation: ConversationId, item: "Recording", now: datetime
) -> str | None:
    """Apply one change; why it needs no answer, or None for an edit that is to be answered as a message of its own."""
    known = await _find(connection, conversation, item.event.platform_message_id)
    if known is None:
        return "unknown_message"
    if item.event.kind is EventKind.DELETE:
        return await _delete(connection, access, conversation, item, now)
    if known.is_deleted:
        return "deleted"
    if is_overtaken(item.event, known.edition):
        return "older_edit"
    await _note_edition(connection, known, item.event)
    if known.text == item.event.text:
        return "unchanged"
    edited_at = item.event.occurred_at or now
    if is_answered_again(access.bot, known.state, taken_up=known.taken_up):
        # The record keeps what was answered: the new text stands in the edit's own message.
        await connection.execute(update(Message).where(Message.id == known.id).values(edited_at=edited_at))
        await reopen(connection, conversation, now)
        return None
    changed = {"text": item.event.text, "edited_at": edited_at, "changed_seq": item.seq}
    await connection.execute(update(Message).where(Message.id == known.id).values(changed))
    await summaries.drop_covering(connection, conversation, [known.id])
    await digests.drop_covering(connection, conversation, [known.id])
    await understandings.drop(connection, [known.id])
    if known.state not in OPEN_STATES:
        return "already_answered"
    answered = (connection, access, conversation, known.id, item.event.text, now)
    return "applied" if not known.taken_up or await rethinking.answer_edited(*answered) else "being_answered"


async def _note_edition(connection: AsyncConnection, known: _Known, edit: InboundEvent) -> None:
    newest = edition(edit)
    if newest is not None and newest != known.edition:
        await connection.execute(update(Message).where(Message.id == known.id).values(edition=newest))


async def _find(
    connection: AsyncConnection, conversation: ConversationId, platform_message_id: str | None
) -> _Known | None:
    """The message with this id, in the words that it was last answered in."""
    if platform_message_id is None:
        return None
    query = (
        select(Message.id, Message.text, Message.edition, Message.deleted_at, Event.state, Event.turn_id)
        .join(Event, Event.id == Message.id)
        .where(*_of(conversation, platform_message_id))
        .order_by(Message.seq.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    state, taken_up = EventState(row.state), row.turn_id is not None
    return _Known(row.id, row.text, row.edition, row.deleted_at is not None, state, taken_up)


def _of(conversation: ConversationId, platform_message_id: str | None) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.conversation_id == conversation,
        Message.platform_message_id == platform_message_id,
        Message.direction == "inbound",
    )


async def reopen(connection: AsyncConnection, conversation: ConversationId, now: datetime) -> None:
    """What is to be answered reopens a closed conversation, as any message does."""
    reopened = update(Conversation).where(Conversation.id == conversation)
    await connection.execute(reopened.values(last_message_at=now, closed_at=None, undeliverable=None))


async def _delete(
    connection: AsyncConnection, access: ChannelAccess, conversation: ConversationId, item: "Recording", now: datetime
) -> str:
    """Mark a message as deleted, and withdraw it unless it is answered or its reply is bound: what became of it."""
    deleted = (
        update(Message)
        .where(*_of(conversation, item.event.platform_message_id))
        .values(deleted_at=now, changed_seq=item.seq)
        .returning(Message.id)
    )
    ids = (await connection.scalars(deleted)).all()
    await summaries.drop_covering(connection, conversation, ids)
    await digests.drop_covering(connection, conversation, ids)
    await understandings.drop(connection, ids)
    unanswered = (Event.id.in_(ids), Event.state.in_(OPEN_STATES))
    withdrawn = update(Event).where(*unanswered, Event.turn_id.is_(None))
    await connection.execute(withdrawn.values(state=EventState.IGNORED, reason="withdrawn", ended_at=now))
    members = (await connection.scalars(select(Event.id).where(*unanswered))).all()
    if members and not await rethinking.withdraw(connection, access, conversation, members, now):
        return "being_answered"
    return "applied"


async def apply_early_changes(
    connection: AsyncConnection, access: ChannelAccess, spoken: Sequence["Recording"], now: datetime
) -> None:
    """Apply what was said of these messages before they were here."""
    named = {(item.event.chat, item.event.platform_message_id): item for item in spoken}
    ids = [name for _, name in named if name is not None]
    if not ids:
        return
    asked = {"channel": access.channel.id, "since": now - EARLY_FOR, "ids": ids}
    for row in (await connection.execute(_EARLY, asked)).all():
        change = InboundEvent.model_validate(row.payload)
        item = named.get((change.chat, change.platform_message_id))
        if item is None or item.conversation is None:
            continue
        reason = await _apply(connection, access, item.conversation, replace(item, event=change), now)
        noted = update(Event).where(Event.id == row.id)
        await connection.execute(noted.values(conversation_id=item.conversation, reason=reason))
