"""Buttons out: an inline keyboard below a message.

Source: https://core.telegram.org/bots/api#inlinekeyboardbutton
"""

from collections.abc import Sequence

from pydantic import JsonValue

from adapters.platforms.base import Payload
from domain.buttons import Button, data_of


def with_keyboard(payload: Payload, buttons: Sequence[Button]) -> Payload:
    """The same part with one button a row, so that labels are readable on a telephone."""
    rows: list[JsonValue] = [
        [{"text": button.label, **({"url": button.url} if button.url else {"callback_data": data})}]
        for button, data in zip(buttons, data_of(buttons), strict=True)
    ]
    return {**payload, "reply_markup": {"inline_keyboard": rows}}
