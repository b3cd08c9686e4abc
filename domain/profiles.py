"""Profiles: the names and pictures of contacts, asked of platforms that do not send both with a message."""

from datetime import timedelta

from domain.models import Frozen
from domain.platforms import PlatformName

REFRESHED_AFTER = timedelta(days=7)
"""How old a profile gets before a message of its contact has it asked for again; a failure counts as well."""
MOST_ATTEMPTS = 8
_LONGEST_WAIT = timedelta(hours=1)
_ASKED_FOR = frozenset({PlatformName.DISCORD, PlatformName.MESSENGER, PlatformName.SLACK})


class Profile(Frozen):
    """What a platform says of a contact; the picture's address is the platform's, and may end after some days."""

    name: str | None = None
    picture_url: str | None = None


def is_asked_for(platform: PlatformName) -> bool:
    """Whether a platform has to be asked who its contacts are."""
    return platform in _ASKED_FOR


def wait_after(attempts: int, asked: timedelta | None) -> timedelta | None:
    """How long to wait after so many failed attempts; None when that was the last one."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return asked or min(timedelta(seconds=2**attempts), _LONGEST_WAIT)
