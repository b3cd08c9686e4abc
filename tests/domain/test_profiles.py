"""How often a profile is asked for."""

from datetime import timedelta

from domain.platforms import PlatformName
from domain.profiles import MOST_ATTEMPTS, is_asked_for, wait_after

SECOND = timedelta(seconds=1)


def test_platforms_that_tell_more_when_asked_are_asked() -> None:
    asked = {name for name in PlatformName if is_asked_for(name)}
    assert asked == {PlatformName.SLACK, PlatformName.MESSENGER, PlatformName.DISCORD}


def test_waits_grow_and_end() -> None:
    assert [wait_after(attempts, None) for attempts in (1, 2, MOST_ATTEMPTS - 1)] == [
        2 * SECOND, 4 * SECOND, 128 * SECOND,
    ]  # fmt: skip
    assert wait_after(1, 90 * SECOND) == 90 * SECOND
    assert wait_after(MOST_ATTEMPTS, 90 * SECOND) is None
