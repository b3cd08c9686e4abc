"""What contacts are offered before they type: commands, first questions, and a menu that is always there."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from domain.buttons import Label
from domain.models import Frozen, Strict

MAX_COMMANDS, MAX_ICE_BREAKERS, MAX_ENTRIES = 50, 4, 20
MAX_QUESTION_CHARACTERS, MAX_TITLE_CHARACTERS, MAX_VALUE_CHARACTERS = 80, 30, 200


class Command(Strict):
    """An entry of the menu that contacts are shown: what they send by it is `/command`, a message like any other."""

    command: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]
    description: Annotated[str, Field(min_length=1, max_length=100)]


class MenuEntry(Strict):
    """An entry of the menu that is always there: pressed it says its label, or opens an address.

    A value that begins with `/` makes the press that command.
    """

    label: Annotated[Label, Field(max_length=MAX_TITLE_CHARACTERS)]
    value: Annotated[str, Field(min_length=1, max_length=MAX_VALUE_CHARACTERS)] | None = None
    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s/]\S*$")] | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.value is not None and self.url is not None:
            raise ValueError("an entry opens an address or carries a value, not both")
        return self

    @property
    def data(self) -> str:
        """What its press carries."""
        return self.value or self.label


def _distinct_commands(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    if len({item.command for item in commands}) < len(commands):
        raise ValueError("two commands have the same name; give each its own")
    return commands


def _distinct_questions(questions: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(questions)) < len(questions):
        raise ValueError("two ice breakers are the same; leave one out")
    return questions


def _distinct_entries(entries: tuple[MenuEntry, ...]) -> tuple[MenuEntry, ...]:
    if len({item.label for item in entries}) < len(entries):
        raise ValueError("two entries have the same label; give each its own")
    return entries


IceBreaker = Annotated[Label, Field(max_length=MAX_QUESTION_CHARACTERS)]
Commands = Annotated[tuple[Command, ...], Field(max_length=MAX_COMMANDS), AfterValidator(_distinct_commands)]
IceBreakers = Annotated[tuple[IceBreaker, ...], Field(max_length=MAX_ICE_BREAKERS), AfterValidator(_distinct_questions)]
Entries = Annotated[tuple[MenuEntry, ...], Field(max_length=MAX_ENTRIES), AfterValidator(_distinct_entries)]


class Offers(Frozen):
    """What a platform shows or is to show; None for what it does not have, or what is left as it is."""

    commands: tuple[Command, ...] | None = None
    ice_breakers: tuple[str, ...] | None = None
    persistent_menu: tuple[MenuEntry, ...] | None = None
    greeting: str | None = None
    """What somebody reads who has not written yet, where a platform shows that."""

    @property
    def are_any(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.commands or self.ice_breakers or self.persistent_menu or self.greeting)
