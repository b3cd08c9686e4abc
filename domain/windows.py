"""Windows: how long after a contact's last message a platform lets us answer freely.

Sources: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
(customer service windows) and https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
(standard messaging window).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from domain.events import WAKING_KINDS, EventKind, InboundEvent
from domain.platforms import PlatformName

_OPENING_KINDS = frozenset({*WAKING_KINDS, EventKind.REACTION})
_WINDOWS: Mapping[PlatformName, timedelta] = {
    PlatformName.WHATSAPP: timedelta(hours=24),
    PlatformName.MESSENGER: timedelta(hours=24),
}
MARGIN = timedelta(minutes=5)
"""How much earlier we take a window for closed: clocks differ, and what is sent is not there at once."""


def has_window(platform: PlatformName) -> bool:
    """Whether a platform counts how long ago the contact wrote."""
    return platform in _WINDOWS


def heard_at(events: Iterable[InboundEvent], now: datetime) -> datetime | None:
    """When the contact opened the window last, by the platform's clock; None where none of these events does."""
    times = [min(event.occurred_at or now, now) for event in events if event.kind in _OPENING_KINDS]
    return max(times, default=None)


def closes_at(platform: PlatformName, heard: datetime | None) -> datetime | None:
    """When the window closes of a contact who was heard last then; None without a window, or where none was opened."""
    length = _WINDOWS.get(platform)
    return heard + length - MARGIN if length and heard else None


def is_closed(platform: PlatformName, heard: datetime | None, now: datetime) -> bool:
    """Whether the platform would refuse a free answer: the last message is too old, or there never was one."""
    if not has_window(platform):
        return False
    end = closes_at(platform, heard)
    return end is None or end <= now
