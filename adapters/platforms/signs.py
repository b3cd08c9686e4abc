"""The contract of signs beside what is said, for platforms that have them: what was read, and typing that ends."""

from typing import Protocol, runtime_checkable

from adapters.platforms.base import Channel, Destination, Platform


@runtime_checkable
class Marking(Protocol):
    """What a platform can do whose contacts see what was read. What it raises is as with `send`."""

    async def mark_read(self, channel: Channel, destination: Destination) -> None:
        """Show what was heard as read; `show_typing` does so as well."""


@runtime_checkable
class Stilling(Protocol):
    """What a platform can do whose typing does not end by itself soon. What it raises is as with `send`."""

    async def end_typing(self, channel: Channel, destination: Destination) -> None:
        """Show no typing any more."""


def marking(platform: Platform | None) -> Marking | None:
    """The platform, where it shows what was read."""
    return platform if isinstance(platform, Marking) else None


def stilling(platform: Platform | None) -> Stilling | None:
    """The platform, where typing is ended by a word."""
    return platform if isinstance(platform, Stilling) else None
