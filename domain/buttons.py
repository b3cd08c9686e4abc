"""Buttons and quick replies: one model for all platforms, and the numbered list where a platform cannot show them."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from domain.models import Strict

MAX_BUTTONS = 10
MAX_LABEL_CHARACTERS = 80
MAX_VALUE_BYTES = 64
"""What Telegram carries with a button, and every other platform more."""
_NUMBER = re.compile(r"\s*#?([0-9]{1,2})\s*[.)]?\s*")


Label = Annotated[str, Field(min_length=1, pattern=r"^[^\r\n]*\S[^\r\n]*$")]
"""What stands on something that is pressed: one line, and not of blanks alone."""


class Button(Strict):
    """An answer that the contact can give by pressing; the press says the label and carries the value."""

    label: Annotated[Label, Field(max_length=MAX_LABEL_CHARACTERS)]
    value: Annotated[str, Field(min_length=1)] | None = None

    @field_validator("value")
    @classmethod
    def _short_enough(cls, value: str | None) -> str | None:
        if value is not None and len(value.encode("utf-8", "surrogatepass")) > MAX_VALUE_BYTES:
            raise ValueError(f"it has more than {MAX_VALUE_BYTES} bytes; shorten it")
        return value


def distinct(buttons: tuple[Button, ...]) -> tuple[Button, ...]:
    """The same buttons; raises `ValueError` where two could not be told from each other."""
    if len({button.label for button in buttons}) < len(buttons) or len(set(data_of(buttons))) < len(buttons):
        raise ValueError("two buttons have the same label or value; give each its own")
    return buttons


def data_of(buttons: Sequence[Button]) -> tuple[str, ...]:
    """What each button carries: its value, or its number among the others."""
    return tuple(button.value or f"choice:{number}" for number, button in enumerate(buttons, 1))


def numbered(text: str, buttons: Sequence[Button]) -> str:
    """The text with the buttons as a list whose numbers can be answered; Markdown."""
    listed = "\n".join(f"{number}. {button.label}" for number, button in enumerate(buttons, 1))
    return f"{text.rstrip()}\n\n{listed}" if text.strip() else listed


def may_choose(text: str) -> bool:
    """Whether a text looks like the number of a choice: only then the choices are worth looking up."""
    return _NUMBER.fullmatch(text) is not None


def chosen(text: str, buttons: Sequence[Button]) -> Button | None:
    """The button that a text names by its number; None when it names none."""
    found = _NUMBER.fullmatch(text)
    place = int(found[1]) - 1 if found else -1
    return buttons[place] if 0 <= place < len(buttons) else None


Buttons = Annotated[tuple[Button, ...], Field(max_length=MAX_BUTTONS), AfterValidator(distinct)]
