"""The contract of what contacts are offered before they type: commands, ice breakers, a menu that is always there."""

from typing import Protocol

from adapters.platforms.base import Channel
from domain.menus import Command, MenuEntry, Offers


class Menu(Protocol):
    """What a bot offers as its platform shows it to everybody; all calls may be repeated, and raise as `send` does.

    Of what a platform does not have nothing is shown, and None is told.
    """

    def check(self, offers: Offers) -> None:
        """Refuse what the platform would refuse, before it is called: raises `Unacceptable`."""

    async def show(self, channel: Channel, offers: Offers) -> None:
        """Show these in place of those that were shown; a kind that is None stays as it is."""

    async def shown(self, channel: Channel) -> Offers:
        """What is shown now."""

    async def hide(self, channel: Channel, offers: Offers) -> None:
        """Show none any more of the kinds that these are of."""


def read(name: str | None, description: str | None) -> Command | None:
    """A command as a platform tells of it; None for one that cannot be ours."""
    try:
        return Command(command=name or "", description=description or "")
    except ValueError:
        return None


def read_entry(label: str | None, value: str | None, url: str | None) -> MenuEntry | None:
    """An entry as a platform tells of it; None for one that cannot be ours."""
    try:
        return MenuEntry(label=label or "", value=None if value == label else value, url=url)
    except ValueError:
        return None
