"""Buttons out: rows of buttons below a message.

Source: https://discord.com/developers/docs/components/reference#button
"""

from collections.abc import Sequence

from pydantic import JsonValue

from adapters.platforms.base import Payload
from domain.buttons import Button, data_of

MAX_ROWS, MAX_IN_ROW = 5, 5
_ROW, _BUTTON = 1, 2
_SECONDARY = 2
"""The style of a button that is no more advisable than the others."""
_LINK = 5
"""The style of a button that opens an address; it tells us nothing."""


def with_components(payload: Payload, buttons: Sequence[Button]) -> Payload | None:
    """The same part with the buttons in rows of five; None for more of them than fit."""
    if len(buttons) > MAX_ROWS * MAX_IN_ROW:
        return None
    shown: list[JsonValue] = [
        {"type": _BUTTON, "label": button.label, **_deed(button, data)}
        for button, data in zip(buttons, data_of(buttons), strict=True)
    ]
    rows: list[JsonValue] = [
        {"type": _ROW, "components": shown[first : first + MAX_IN_ROW]} for first in range(0, len(shown), MAX_IN_ROW)
    ]
    return {**payload, "components": rows}


def _deed(button: Button, data: str) -> dict[str, JsonValue]:
    return {"style": _LINK, "url": button.url} if button.url else {"style": _SECONDARY, "custom_id": data}
