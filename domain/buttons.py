"""Buttons, quick replies and links: one model for all platforms, and a list where a platform cannot show them."""

import re
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from domain.models import Strict

MAX_BUTTONS = 10
MAX_LABEL_CHARACTERS = 80
MAX_VALUE_BYTES = 64
"""What Telegram carries with a button, and every other platform more."""
MAX_URL_CHARACTERS = 512
"""What Discord opens, and every other platform more."""
_BRACKETS = re.compile(r"[\[\]\\]")
_NUMBER = re.compile(r"\s*#?([0-9]{1,2})\s*[.)]?\s*")


Label = Annotated[str, Field(min_length=1, pattern=r"^[^\r\n]*\S[^\r\n]*$")]
"""What stands on something that is pressed: one line, and not of blanks alone."""


class Button(Strict):
    """An answer that the contact can give by pressing, which says the label and carries the value; or a link.

    A link opens its address, and tells us nothing.
    """

    label: Annotated[Label, Field(max_length=MAX_LABEL_CHARACTERS)]
    value: Annotated[str, Field(min_length=1)] | None = None
    url: Annotated[str, Field(max_length=MAX_URL_CHARACTERS, pattern=r"^https?://[^\s/]\S*$")] | None = None

    @field_validator("value")
    @classmethod
    def _short_enough(cls, value: str | None) -> str | None:
        if value is not None and len(value.encode("utf-8", "surrogatepass")) > MAX_VALUE_BYTES:
            raise ValueError(f"it has more than {MAX_VALUE_BYTES} bytes; shorten it")
        return value

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.value is not None and self.url is not None:
            raise ValueError("a button opens an address or carries a value, not both")
        return self


def distinct(buttons: tuple[Button, ...]) -> tuple[Button, ...]:
    """The same buttons; raises `ValueError` where two could not be told from each other."""
    if len({button.label for button in buttons}) < len(buttons) or len(set(data_of(buttons))) < len(buttons):
        raise ValueError("two buttons have the same label or value; give each its own")
    return buttons


def data_of(buttons: Sequence[Button]) -> tuple[str, ...]:
    """What each button carries: its value, or its number among the others; a link's is never told."""
    return tuple(button.value or f"choice:{number}" for number, button in enumerate(buttons, 1))


def numbered(text: str, buttons: Sequence[Button]) -> str:
    """The text with the answers as a list whose numbers can be answered, and links behind them; Markdown."""
    listed = "\n".join(f"{number}. {button.label}" for number, button in enumerate(answers(buttons), 1))
    links = "\n".join(f"- [{_escaped(button.label)}](<{button.url}>)" for button in buttons if button.url)
    return "\n\n".join(block for block in (text.rstrip(), listed, links) if block.strip())


def answers(buttons: Sequence[Button]) -> tuple[Button, ...]:
    """The buttons that say something when they are pressed."""
    return tuple(button for button in buttons if button.url is None)


def _escaped(label: str) -> str:
    return _BRACKETS.sub(r"\\\g<0>", label)


def may_choose(text: str) -> bool:
    """Whether a text looks like the number of a choice: only then the choices are worth looking up."""
    return _NUMBER.fullmatch(text) is not None


def chosen(text: str, buttons: Sequence[Button]) -> Button | None:
    """The button that a text names by its number; None when it names none."""
    found = _NUMBER.fullmatch(text)
    place, listed = int(found[1]) - 1 if found else -1, answers(buttons)
    return listed[place] if 0 <= place < len(listed) else None


Buttons = Annotated[tuple[Button, ...], Field(max_length=MAX_BUTTONS), AfterValidator(distinct)]
