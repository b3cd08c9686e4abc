"""Albums: pictures that were sent as one, and come as messages of their own."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.events import InboundEvent

ALBUM = "media_group_id"
"""The detail of an event that names its album, as Telegram calls it."""
_QUIET = timedelta(seconds=1)
_LONGEST = timedelta(seconds=5)
_MAX_CHARACTERS = 64


def album_of(event: InboundEvent) -> str:
    """The album that a message is of; empty for most."""
    return named(event.details.get(ALBUM))


def named(told: object) -> str:
    """The name of an album as it travels, in short."""
    return told[:_MAX_CHARACTERS] if isinstance(told, str) else ""


def whole_at(arrived: Sequence[datetime]) -> datetime:
    """When an album is taken to be whole, of which these have come: nothing says how many there are."""
    return min(arrived[-1] + _QUIET, arrived[0] + _LONGEST)
