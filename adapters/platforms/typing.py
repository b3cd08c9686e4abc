"""Where typing is shown, for platforms that can show it in some of their chats alone."""

from typing import Protocol, runtime_checkable

from adapters.platforms.base import Destination, Platform


@runtime_checkable
class PlacedTyping(Protocol):
    """What a platform says that shows typing in some places alone."""

    def shows_typing(self, destination: Destination) -> bool:
        """Whether typing is seen there."""


def typing_every(platform: Platform, destination: Destination) -> float | None:
    """Seconds after which typing has to be shown again there; None where none is shown."""
    if isinstance(platform, PlacedTyping) and not platform.shows_typing(destination):
        return None
    return platform.typing_every
