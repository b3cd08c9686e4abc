"""How fast may be spoken: what a rate promises a platform that counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from domain.paces import NEVER, Aside, Meter, Rate, free_at, pace_of
from domain.platforms import PlatformName

SECOND = timedelta(seconds=1)


def most_within(rate: Rate, window: timedelta) -> int:
    """How many go in a window that ends before its last moment: the burst, and those due until then."""
    return rate.burst + -(-window // rate.every) - 1


@pytest.mark.parametrize(("count", "burst"), [(30, 5), (20, 1), (5, 2), (80, 79)])
def test_a_rate_within_a_window_lets_no_more_through_than_it_says(count: int, burst: int) -> None:
    window = timedelta(seconds=5)
    assert most_within(Rate.within(window, count, burst), window) == count - 1


def test_one_at_a_time_is_never_early() -> None:
    assert Rate(every=SECOND, burst=1).tolerance == timedelta(0)
    assert Rate(every=SECOND, burst=5).tolerance == 4 * SECOND


@pytest.mark.parametrize(
    ("platform", "chat", "window", "most"),
    [
        (PlatformName.TELEGRAM, "-100", timedelta(minutes=1), 20),
        (PlatformName.DISCORD, "1", timedelta(seconds=5), 5),
    ],
)
def test_a_chat_whose_platform_counts_in_windows_stays_below_its_number(
    platform: PlatformName, chat: str, window: timedelta, most: int
) -> None:
    pace = pace_of(platform, chat, {})
    assert pace is not None
    assert most_within(pace.chat, window) < most


@pytest.mark.parametrize(
    ("platform", "most"),
    [
        (PlatformName.TELEGRAM, 30),
        (PlatformName.WHATSAPP, 80),
        (PlatformName.MESSENGER, 300),
        (PlatformName.DISCORD, 50),
    ],
)
def test_a_bot_stays_below_its_platforms_number_in_any_second(platform: PlatformName, most: int) -> None:
    pace = pace_of(platform, "7", {})
    assert pace is not None
    assert most_within(pace.bot, SECOND) <= most


@pytest.mark.parametrize(
    ("platform", "meter", "window", "most"),
    [
        (PlatformName.SLACK, Meter.CHANGES, timedelta(minutes=1), 50),
        # A registration counts once, and is two calls.
        (PlatformName.MESSENGER, Meter.PROFILE, timedelta(minutes=10), 8),
    ],
)
def test_what_is_counted_apart_stays_below_its_number(
    platform: PlatformName, meter: Meter, window: timedelta, most: int
) -> None:
    pace = pace_of(platform, "7", {"messages_per_second": 1000})
    assert pace is not None
    assert most_within(pace.apart[meter], window) < most


def test_only_the_webchat_has_no_pace() -> None:
    assert [name for name in PlatformName if pace_of(name, "7", {}) is None] == [PlatformName.WEBCHAT]


@pytest.mark.parametrize("per_second", [0.01, 0.5, 1, 4, 5, 80, 1000])
def test_what_a_channel_was_granted_takes_the_place_of_the_usual(per_second: float) -> None:
    pace = pace_of(PlatformName.WHATSAPP, "7", {"messages_per_second": per_second})
    usual = pace_of(PlatformName.WHATSAPP, "7", {})
    assert pace is not None
    assert usual is not None
    assert pace.chat == usual.chat
    assert most_within(pace.bot, SECOND) <= max(1, per_second)


@pytest.mark.parametrize("value", [0, -1, True, "80", None, float("inf"), float("nan")])
def test_a_setting_that_is_no_rate_changes_nothing(value: JsonValue) -> None:
    settings = {"messages_per_second": value, "chat_messages_per_second": value}
    assert pace_of(PlatformName.SLACK, "C1", settings) == pace_of(PlatformName.SLACK, "C1", {})


BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(1, 60), st.floats(0.01, 100), st.integers(0, 200))
def test_what_is_called_beside_speaking_leaves_a_message_its_place(burst: int, seconds: float, ahead: int) -> None:
    rate = Rate(every=timedelta(seconds=seconds), burst=burst)
    due_at = BEGIN + rate.every * ahead
    for aside, left in ((Aside.DEED, 1), (Aside.TYPING, max(1, burst // 2))):
        at = free_at(aside, rate, due_at)
        if left >= burst:
            assert at == (NEVER if aside is Aside.TYPING else due_at - rate.tolerance)
            continue
        due = max(due_at, at)
        # Itself, and what it leaves room for.
        for _ in range(1 + left):
            assert due - rate.tolerance <= at
            due += rate.every


@given(st.integers(1, 60), st.floats(0.01, 100), st.sampled_from(Aside))
def test_nothing_is_called_before_a_platform_wants_it(burst: int, seconds: float, aside: Aside) -> None:
    rate = Rate(every=timedelta(seconds=seconds), burst=burst)
    assert free_at(aside, rate, BEGIN + rate.tolerance) >= BEGIN
