"""Events: recorded once each with the messages that they bring, and marked when they were handed over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Boolean,
    DateTime,
    Row,
    exists,
    literal,
    literal_column,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from adapters.database import (
    addressing,
    channel_problems,
    chats,
    choices,
    follow_ups,
    handovers,
    people,
    promises,
    reactions,
    receipts,
    recorded_before,
    said,
    staff,
)
from adapters.database.channels import ChannelAccess
from adapters.database.edits import CHANGES, EARLY_FOR, apply_changes, apply_early_changes, in_rounds
from adapters.database.handovers import Batch
from adapters.database.memberships import note_reachability
from adapters.database.notifications import conversation_changed
from adapters.database.records import Event
from domain.events import ANSWERED_KINDS, WAKING_KINDS, EventState, InboundEvent
from domain.hearing import first_state
from domain.ids import ConversationId, EventId, conversation_id, event_id
from domain.names import Names
from domain.platforms import PlatformName
from domain.windows import heard_at

NOT_HEARD_AFTER = timedelta(days=7)


# Built once: building a statement costs more than running it, and these run for each webhook.
_OTHER, _CHANGE = aliased(Event, name="other"), aliased(Event, name="change")
# Asked where the conversation is locked already, so what is seen is all that there is. An INSERT is no table that a
# question could refer to, hence columns by their names; and reasons written out, as a partial index wants them.
_WAITED = exists().where(
    _OTHER.conversation_id == literal_column("events.conversation_id"), _OTHER.state == EventState.RECEIVED
)
_EARLY = exists().where(
    _CHANGE.channel_id == literal_column("events.channel_id"),
    _CHANGE.received_at > literal_column("events.received_at", DateTime(timezone=True)) - literal(EARLY_FOR),
    literal_column("change.reason IN ('unknown_message', 'unknown_chat')", Boolean),
)
_INSERT_EVENTS = (
    insert(Event).on_conflict_do_nothing().returning(Event.id, _WAITED.label("waited"), _EARLY.label("early"))
)


@dataclass(frozen=True)
class Recording:
    """One event on its way into the record: its id, its conversation and how it stands at once.

    `chat` is the name under which the event's chat was first met; a group can get a new one.
    """

    id: EventId
    event: InboundEvent
    chat: str | None
    conversation: ConversationId | None
    state: EventState
    reason: str | None
    seq: int = 0


@dataclass(frozen=True)
class Recorded:
    """What came of a batch: the conversations with something to hand over, and the events that were new.

    Where all that a conversation was not told yet is new, it need not be read again to be handed over.
    """

    conversations: Mapping[ConversationId, Batch | None]
    new: tuple[Recording, ...]


@dataclass(frozen=True)
class _Group:
    """The events of a batch that one conversation has now, and whether others waited there before."""

    new: list[Recording]
    waited: bool


async def record(
    connection: AsyncConnection,
    access: ChannelAccess,
    events: Sequence[InboundEvent],
    now: datetime,
    correlation_id: str | None = None,
) -> Recorded:
    """Record what a platform told us; an event whose key is known already has no effect."""
    keys, names = await recorded_before.known(connection, access.channel.id, events)
    fresh: dict[str, InboundEvent] = {}
    for event in events:
        if event.key not in keys:
            fresh.setdefault(event.key, event)
    names = await people.meet(connection, access.channel.id, list(fresh.values()), names, now)
    fresh = await follow_ups.addressed(connection, access, fresh, names, now)
    made = [_recording(access, event, names, now) for event in fresh.values()]
    groups = [
        await _record_group(connection, access, conversation, group, now, correlation_id)
        for conversation, group in _by_conversation(made)
    ]
    recordings = [item for group in groups for item in group.new]
    await receipts.settle(connection, access.channel.id, [(item.event, item.conversation) for item in recordings], now)
    await channel_problems.hear(connection, access.channel.id, [item.event for item in recordings], now)
    told = _waiting(access, groups, now, correlation_id)
    return Recorded(told | dict.fromkeys(await staff.note(connection, access, recordings, now)), tuple(recordings))


def _waiting(
    access: ChannelAccess, groups: Iterable[_Group], now: datetime, correlation_id: str | None
) -> dict[ConversationId, Batch | None]:
    """What is to be handed over; None where that has to be read."""
    waiting: dict[ConversationId, Batch | None] = {}
    for group in groups:
        told = [item for item in group.new if item.state is EventState.RECEIVED]
        if told and told[0].conversation:
            told_of = [(item.id, item.event) for item in told]
            fresh = handovers.fresh(access, told[0].conversation, told_of, now, correlation_id)
            waiting[told[0].conversation] = None if group.waited else fresh
    return waiting


def _recording(access: ChannelAccess, event: InboundEvent, names: Names, now: datetime) -> Recording:
    channel = access.channel.id
    chat = names.owner_of(event, now)
    too_old = event.occurred_at is not None and event.occurred_at < now - NOT_HEARD_AFTER
    state, reason = first_state(event, access.bot, deleted=access.bot_deleted, too_old=too_old)
    return Recording(
        id=event_id(channel, event.key),
        event=event,
        chat=chat,
        conversation=conversation_id(channel, chat, event.thread) if chat else None,
        state=state,
        reason=reason,
    )


def _by_conversation(
    recordings: Iterable[Recording],
) -> list[tuple[ConversationId | None, list[Recording]]]:
    """Grouped, and in an order that is the same for everyone, so that two batches cannot wait for each other."""
    groups: dict[ConversationId | None, list[Recording]] = defaultdict(list)
    for recording in recordings:
        groups[recording.conversation].append(recording)
    return sorted(groups.items(), key=lambda group: str(group[0]))


async def _record_group(
    connection: AsyncConnection,
    access: ChannelAccess,
    conversation: ConversationId | None,
    group: list[Recording],
    now: datetime,
    correlation_id: str | None,
) -> _Group:
    last_seq = await _number(connection, access, conversation, group, now) if conversation else None
    if last_seq is None:
        conversation = None
        settled = [replace(item, conversation=None, state=_ended(item), reason=item.reason or "unknown_chat")
                   for item in group]  # fmt: skip
    else:
        first = last_seq - len(group) + 1
        settled = [replace(item, seq=first + position) for position, item in enumerate(group)]
    rounds = [
        await _record_round(connection, access, conversation, items, now, correlation_id)
        for items in in_rounds(settled)
    ]
    new = [item for part in rounds for item in part.new]
    if conversation:
        await note_reachability(connection, conversation, [item.event for item in new])
        if access.channel.platform is PlatformName.WEBCHAT:
            await conversation_changed(connection, conversation)
    # A change may have withdrawn what was recorded before it.
    return _Group(new, waited=len(rounds) > 1 or any(part.waited for part in rounds))


async def _record_round(
    connection: AsyncConnection,
    access: ChannelAccess,
    conversation: ConversationId | None,
    settled: list[Recording],
    now: datetime,
    correlation_id: str | None,
) -> _Group:
    if conversation:
        settled = await apply_changes(connection, access, conversation, settled, now)
        settled = await addressing.heard(connection, access, conversation, settled, now)
        settled = await choices.understood(connection, conversation, settled)
        settled = await reactions.understood(connection, conversation, settled, now)
    inserted = await _insert_events(connection, access, settled, now, correlation_id)
    new = [item for item in settled if item.id in {row.id for row in inserted}]
    await promises.note(connection, access.channel, [(item.id, item.event) for item in new], now)
    spoken = [item for item in new if _is_said(item)]
    if spoken:
        await said.keep(connection, access, spoken, now)
        if any(row.early for row in inserted):
            await apply_early_changes(connection, access, spoken, now)
    return _Group(new, waited=any(row.waited for row in inserted))


def _is_said(item: Recording) -> bool:
    """Whether it is a message of the conversation: an edit is one where it is answered again."""
    if item.conversation is None or item.event.ignored is not None:
        return False
    answered = item.event.kind in ANSWERED_KINDS and item.state is EventState.RECEIVED
    return answered or item.event.kind in WAKING_KINDS


def _ended(item: Recording) -> EventState:
    return EventState.IGNORED if item.state is EventState.RECEIVED else item.state


async def _number(
    connection: AsyncConnection,
    access: ChannelAccess,
    conversation: ConversationId,
    group: list[Recording],
    now: datetime,
) -> int | None:
    """Lock the conversation and number the group; None when it does not exist and nothing here begins one."""
    opening = next((item for item in group if _wakes(item) or staff.begins(access, item.event)), None)
    count, heard = len(group), heard_at((item.event for item in group), now)
    if opening and opening.chat:
        place = chats.place_of([item.event for item in group if _wakes(item)], opening.event, opening.chat, now)
        return await chats.open_chat(connection, access, conversation, place, count, heard, now)
    last_seq = await chats.number(connection, conversation, count, heard)
    if last_seq is None and any(item.event.kind in CHANGES for item in group):
        # Whoever opens it just now commits first, or sees this change.
        await chats.hold_opening(connection, conversation)
        last_seq = await chats.number(connection, conversation, count, heard)
    return last_seq


def _wakes(item: Recording) -> bool:
    return item.state is EventState.RECEIVED and item.event.kind in WAKING_KINDS


async def _insert_events(
    connection: AsyncConnection,
    access: ChannelAccess,
    recordings: Sequence[Recording],
    now: datetime,
    correlation_id: str | None,
) -> Sequence[Row[UUID, bool, bool]]:
    """Those that are new, each with whether others waited in its conversation, and whether a change came before it."""
    rows = [
        {
            "id": item.id,
            "workspace_id": access.workspace_id,
            "channel_id": access.channel.id,
            "conversation_id": item.conversation,
            "key": item.event.key,
            "kind": item.event.kind,
            "state": item.state,
            "reason": item.reason,
            "seq": item.seq,
            "payload": item.event.model_dump(mode="json", exclude_defaults=True),
            "correlation_id": correlation_id,
            "received_at": now,
            "ended_at": None if item.state is EventState.RECEIVED else now,
        }
        for item in recordings
    ]
    return (await connection.execute(_INSERT_EVENTS, rows)).all()
