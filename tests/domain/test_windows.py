"""Windows: who wrote within the last day can be answered freely, and a little before its end nobody can."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.events import EventKind, InboundEvent
from domain.platforms import PlatformName
from domain.windows import MARGIN, closes_at, heard_at, is_closed

NOW = datetime(2026, 1, 2, tzinfo=UTC)
DAY, SECOND = timedelta(hours=24), timedelta(seconds=1)
META = (PlatformName.WHATSAPP, PlatformName.MESSENGER)


def event(kind: EventKind = EventKind.MESSAGE, occurred_at: datetime | None = None) -> InboundEvent:
    """Something that happened in a chat."""
    return InboundEvent(key="1", kind=kind, chat="7", occurred_at=occurred_at)


@pytest.mark.parametrize("platform", META)
def test_a_window_closes_a_margin_before_the_day_is_over(platform: PlatformName) -> None:
    end = NOW + DAY - MARGIN
    assert closes_at(platform, NOW) == end
    assert [is_closed(platform, NOW, moment) for moment in (NOW, end - SECOND, end)] == [False, False, True]


@pytest.mark.parametrize("platform", META)
def test_who_never_wrote_has_no_window(platform: PlatformName) -> None:
    assert is_closed(platform, None, NOW)
    assert closes_at(platform, None) is None


@pytest.mark.parametrize("platform", [name for name in PlatformName if name not in META])
def test_other_platforms_do_not_count(platform: PlatformName) -> None:
    assert not is_closed(platform, None, NOW)
    assert not is_closed(platform, NOW - 30 * DAY, NOW)
    assert closes_at(platform, NOW) is None


def test_the_newest_word_counts_by_the_clock_of_the_platform() -> None:
    early, late = NOW - timedelta(hours=3), NOW - timedelta(hours=2)
    assert heard_at([event(occurred_at=late), event(EventKind.BUTTON, early)], NOW) == late


def test_what_has_no_time_or_one_to_come_was_said_now() -> None:
    assert heard_at([event()], NOW) == NOW
    assert heard_at([event(occurred_at=NOW + DAY)], NOW) == NOW


@pytest.mark.parametrize("kind", [EventKind.RECEIPT, EventKind.EDIT, EventKind.OTHER, EventKind.MEMBERSHIP])
def test_what_is_no_word_of_the_contact_opens_nothing(kind: EventKind) -> None:
    assert heard_at([event(kind, NOW)], NOW) is None
    assert heard_at([event(kind, NOW), event(EventKind.REACTION, NOW - DAY)], NOW) == NOW - DAY
