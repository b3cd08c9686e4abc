"""What of a conversation was recorded and not yet handed over, and the relay's lease on conversations left behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)  # fmt: skip
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.channels import ChannelAccess
from adapters.database.records import Event
from adapters.database.tables import BotRow, Conversation
from domain.albums import ALBUM, album_of, named
from domain.bots import Bursts
from domain.bursts import BurstPolicy
from domain.conversations import Control
from domain.events import EventKind, EventState, InboundEvent
from domain.handovers import MAX_BYTES, MAX_ITEMS, MAX_TEXT_BYTES, Item
from domain.ids import ConversationId, EventId
from domain.text import within_bytes

_RELAY_LEASE = timedelta(seconds=10)


_CONTROL = Event.kind == EventKind.CONTROL
_NOW = bindparam("now", type_=DateTime(timezone=True))
# Built once: building a statement costs more than running it, and these run for each webhook.
_MARK = (
    update(Event)
    .where(Event.id == func.any(bindparam("ids", type_=ARRAY(Uuid))), Event.state == EventState.RECEIVED)
    .values(
        state=case((_CONTROL, literal(EventState.IGNORED.value)), else_=literal(EventState.QUEUED.value)),
        reason=case((_CONTROL, literal("done")), else_=None),
        ended_at=case((_CONTROL, _NOW), else_=None),
        queued_at=_NOW,
        handovers=Event.handovers + 1,
    )
)


_BATCH = (
    select(
        Event.id, Event.kind, Event.received_at, Event.handovers, Event.correlation_id,
        Event.payload["text"].as_string().label("text"),
        Event.payload["details"]["control"].as_string().label("control"),
        Event.payload["details"][ALBUM].as_string().label("album"),
        Conversation.workspace_id, Conversation.bot_id, Conversation.channel_id, Conversation.platform,
        BotRow.name.label("bot_name"), cast(BotRow.settings["bursts"], Text).label("bursts"),
    )
    .join(Conversation, Conversation.id == Event.conversation_id)
    .join(BotRow, BotRow.id == Conversation.bot_id)
    .where(Event.conversation_id == bindparam("conversation"), Event.state == EventState.RECEIVED)
    .order_by(Event.seq)
    .limit(MAX_ITEMS + 1)
)  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Everything that a conversation's workflow has not been told, oldest first, and what is needed to start it."""

    conversation_id: UUID
    workspace_id: UUID
    bot_id: UUID
    channel_id: UUID
    platform: str
    bot_name: str
    bursts: BurstPolicy
    items: tuple[Item, ...]
    correlation_id: str | None
    starts: bool
    more: bool


def burst_policy(bursts: Bursts) -> BurstPolicy:
    """The part of a bot's burst settings that travels with a signal."""
    return BurstPolicy(
        policy=bursts.policy,
        quiet=timedelta(seconds=bursts.quiet_seconds),
        longest=timedelta(seconds=bursts.longest_seconds),
    )


async def batch(connection: AsyncConnection, conversation_id: UUID) -> Batch | None:
    """The rows that are not marked yet; None when there are none."""
    rows = (await connection.execute(_BATCH, {"conversation": conversation_id})).all()
    if not rows:
        return None
    items: list[Item] = []
    room = MAX_BYTES
    for row in rows[:MAX_ITEMS]:
        item = _item(row.id, row.kind, row.received_at, row.text, row.control, row.handovers, named(row.album))
        room -= len(item.model_dump_json().encode())
        if items and room < 0:
            break
        items.append(item)
    first, last = rows[0], rows[len(items) - 1]
    return Batch(
        conversation_id, first.workspace_id, first.bot_id, first.channel_id, first.platform, first.bot_name,
        burst_policy(Bursts.model_validate_json(first.bursts or "{}")), tuple(items), last.correlation_id,
        starts=any(item.kind != "control" for item in items), more=len(items) < len(rows),
    )  # fmt: skip


def fresh(
    access: ChannelAccess,
    conversation_id: ConversationId,
    told: Sequence[tuple[EventId, InboundEvent]],
    now: datetime,
    correlation_id: str | None,
) -> Batch | None:
    """The same of events that are recorded just now, all that wait; None where they are more than one signal takes."""
    if len(told) > MAX_ITEMS:
        return None
    items = tuple(_item(event_id, event.kind, now, event.text, None, 0, album_of(event)) for event_id, event in told)
    if sum(len(item.model_dump_json().encode()) for item in items) > MAX_BYTES:
        return None
    return Batch(
        conversation_id, access.workspace_id, access.bot_id, access.channel.id, access.channel.platform,
        access.bot.name, burst_policy(access.bot.bursts), items, correlation_id, starts=True, more=False,
    )  # fmt: skip


def _item(
    event_id: UUID,
    kind: str,
    received_at: datetime,
    text: str | None,
    control: str | None,
    handovers: int,
    album: str,
) -> Item:
    names = {EventKind.CONTROL: "control", EventKind.SAY: "say"}
    return Item.model_validate(
        {
            "id": str(event_id),
            "kind": names.get(EventKind(kind), "message"),
            "received_at": received_at,
            "text": within_bytes(text or "", MAX_TEXT_BYTES),
            "control": Control(control) if control else None,
            "again": handovers > 0,
            "album": album,
        }
    )


async def lease_left_behind(
    connection: AsyncConnection, now: datetime, older_than: timedelta, most: int = 50
) -> Sequence[UUID]:
    """Conversations with rows that nobody handed over; they are this relay's for the length of a lease.

    Those that another relay tries are left out before the longest waiting are chosen: where many fail, others go on.
    """
    unleased = or_(Conversation.relayed_until.is_(None), Conversation.relayed_until < now)
    waiting = (
        select(Event.conversation_id)
        .join(Conversation, Conversation.id == Event.conversation_id)
        .where(Event.state == EventState.RECEIVED, Event.received_at < now - older_than, unleased)
        .group_by(Event.conversation_id)
        .order_by(func.min(Event.received_at))
        .limit(most)
    )
    free = select(Conversation.id).where(Conversation.id.in_(waiting), unleased).with_for_update(skip_locked=True)
    leased = (
        update(Conversation)
        .where(Conversation.id.in_(free.scalar_subquery()))
        .values(relayed_until=now + _RELAY_LEASE)
        .returning(Conversation.id)
    )
    return (await connection.scalars(leased)).all()


async def give_back(connection: AsyncConnection, conversations: Sequence[UUID]) -> None:
    """End the lease on conversations that could not be handed over, so that the next round takes them up."""
    ended = update(Conversation).where(Conversation.id.in_(conversations))
    await connection.execute(ended.values(relayed_until=None))


async def mark(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> None:
    """These events are in the workflow now; a control has done its work with that."""
    await connection.execute(_MARK, {"ids": list(ids), "now": now})
