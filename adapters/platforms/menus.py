"""The contract of a menu of commands: what a contact is offered to ask, where the platform shows it."""

from collections.abc import Sequence
from typing import Protocol

from adapters.platforms.base import Channel
from domain.bots import Command


class Menu(Protocol):
    """A bot's commands as its platform shows them to everybody; all calls may be repeated, and raise as `send` does."""

    async def show(self, channel: Channel, commands: Sequence[Command]) -> None:
        """Show these commands, in place of those that were shown."""

    async def shown(self, channel: Channel) -> tuple[Command, ...]:
        """What is shown now."""

    async def hide(self, channel: Channel) -> None:
        """Show none of a bot's own commands any more."""


def read(name: str | None, description: str | None) -> Command | None:
    """A command as a platform tells of it; None for one that cannot be ours."""
    try:
        return Command(command=name or "", description=description or "")
    except ValueError:
        return None
