"""The second door: what PostgreSQL does not take goes whole to its conversation's workflow, through Temporal."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from adapters.database.channels import ChannelAccess
from adapters.database.handovers import Batch, burst_policy
from adapters.temporal.handover import Handing
from domain.albums import album_of
from domain.events import WAKING_KINDS, EventState, InboundEvent
from domain.handovers import MAX_BYTES, MAX_ITEMS, MAX_UNRECORDED_BYTES, Item, Unrecorded
from domain.hearing import first_state
from domain.ids import ConversationId, conversation_id, event_id
from domain.platforms import PlatformName

PLATFORMS = (PlatformName.TELEGRAM, PlatformName.WHATSAPP, PlatformName.MESSENGER, PlatformName.SLACK)
MOST_OF_ONE_BYTES = 4 * 1024 * 1024
"""What one conversation is carried in one outage: its history has to hold it, and ends at 50 MB."""
MOST_BYTES = 64 * 1024 * 1024
_KEPT_SECONDS = 60.0
"""How long after PostgreSQL's return: by then the workflows have recorded what they were told."""


class SecondDoor:
    """Carries events, and keeps them in mind: PostgreSQL gets them before anything newer of their conversation."""

    def __init__(self, handing: Handing) -> None:
        self._handing = handing
        self._carried: dict[ConversationId, dict[str, InboundEvent]] = {}
        self._bytes: dict[ConversationId, int] = {}
        self._back_at: float | None = None

    async def carry(
        self, access: ChannelAccess, told: Sequence[InboundEvent], correlation_id: str | None, now: datetime
    ) -> bool:
        """Tell the workflows; True once Temporal has taken everything, False where it is away or there is too much."""
        by_conversation: dict[ConversationId, list[tuple[InboundEvent, Item]]] = defaultdict(list)
        for event in told:
            item = _item(access, event, correlation_id, now)
            by_conversation[_conversation(access, event)].append((event, item))
        if access.channel.platform not in PLATFORMS or not self._has_room(by_conversation):
            return False
        carrying = (
            self._carry(_batch(access, conversation, correlation_id), group)
            for conversation, group in by_conversation.items()
        )
        return all(await asyncio.gather(*carrying))

    def _has_room(self, by_conversation: dict[ConversationId, list[tuple[InboundEvent, Item]]]) -> bool:
        room = MOST_BYTES - sum(self._bytes.values())
        for conversation, group in by_conversation.items():
            sizes = [_size(item) for _, item in group]
            room -= sum(sizes)
            most = self._bytes.get(conversation, 0) + sum(sizes)
            if room < 0 or most > MOST_OF_ONE_BYTES or max(sizes) > MAX_UNRECORDED_BYTES:
                return False
        return True

    async def _carry(self, to: Batch, group: list[tuple[InboundEvent, Item]]) -> bool:
        for items in _parcels([item for _, item in group]):
            if not await self._handing.carry(replace(to, items=items)):
                return False
        conversation = ConversationId(to.conversation_id)
        self._carried.setdefault(conversation, {}).update({event.key: event for event, _ in group})
        self._bytes[conversation] = self._bytes.get(conversation, 0) + sum(_size(item) for _, item in group)
        self._back_at = None
        return True

    def carried_before(self, access: ChannelAccess, told: Sequence[InboundEvent]) -> list[InboundEvent]:
        """What of the conversations of these events was carried, and may not be recorded yet."""
        conversations = dict.fromkeys(_conversation(access, event) for event in told)
        return [event for name in conversations for event in self._carried.get(name, {}).values()]

    def note_recorded(self, access: ChannelAccess, told: Iterable[InboundEvent]) -> None:
        """PostgreSQL is back, and has these and what came before them."""
        for conversation in {_conversation(access, event) for event in told}:
            self._carried.pop(conversation, None)
            self._bytes.pop(conversation, None)
        if not self._carried:
            return
        if self._back_at is None:
            self._back_at = time.monotonic()
        elif time.monotonic() - self._back_at > _KEPT_SECONDS:
            self._carried.clear()
            self._bytes.clear()


def _conversation(access: ChannelAccess, event: InboundEvent) -> ConversationId:
    """The workflow that takes an event along: its conversation's, as far as that is known without PostgreSQL.

    A chat that got a new name cannot be looked up, and what has no chat has no conversation: their workflows hand over
    what they brought, and end.
    """
    return conversation_id(access.channel.id, event.chat or "", event.thread)


def _item(access: ChannelAccess, event: InboundEvent, correlation_id: str | None, now: datetime) -> Item:
    state, _ = first_state(event, access.bot, deleted=access.bot_deleted, too_old=False)
    wakes = state is EventState.RECEIVED and event.kind in WAKING_KINDS
    content = event.model_dump(mode="json", exclude_defaults=True)
    return Item(
        id=str(event_id(access.channel.id, event.key)),
        kind="message" if wakes else "record",
        received_at=now,
        album=album_of(event),
        unrecorded=Unrecorded(channel_id=str(access.channel.id), event=content, correlation_id=correlation_id),
    )


def _batch(access: ChannelAccess, conversation: ConversationId, correlation_id: str | None) -> Batch:
    return Batch(
        conversation, access.workspace_id, access.bot_id, access.channel.id, access.channel.platform, access.bot.name,
        burst_policy(access.bot.bursts), (), correlation_id, starts=True, more=False,
    )  # fmt: skip


def _parcels(items: Sequence[Item]) -> Iterator[tuple[Item, ...]]:
    """The items in order, as many at a time as one signal holds."""
    parcel: list[Item] = []
    for item in items:
        if parcel and (len(parcel) == MAX_ITEMS or sum(map(_size, (*parcel, item))) > MAX_BYTES):
            yield tuple(parcel)
            parcel = []
        parcel.append(item)
    if parcel:
        yield tuple(parcel)


def _size(item: Item) -> int:
    return len(item.model_dump_json().encode())
