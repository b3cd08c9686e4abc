"""Buttons out: up to three below a text, or a list of up to ten; or one link, alone.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages
and, for links, …/interactive-cta-url-messages
"""

from collections.abc import Sequence

from pydantic import JsonValue

from adapters.platforms.base import Payload
from adapters.platforms.text.length import utf16_length
from domain.buttons import Button, data_of

MAX_BODY_UNITS = 1024
MAX_BUTTONS, MAX_BUTTON_UNITS = 3, 20
MAX_ROWS, MAX_ROW_UNITS = 10, 24
_OPENER = "☰"
"""What opens a list; a sign instead of a word, because the bot's language is not known here."""


def with_buttons(payload: Payload, buttons: Sequence[Button]) -> Payload | None:
    """The same text as an interactive message; None where it, or a label, is too long for one."""
    text = payload.get("text")
    body = text.get("body") if isinstance(text, dict) else None
    if not isinstance(body, str) or utf16_length(body) > MAX_BODY_UNITS:
        return None
    longest = max(utf16_length(button.label) for button in buttons)
    if any(button.url for button in buttons):
        if len(buttons) > 1 or longest > MAX_BUTTON_UNITS:
            return None
        interactive = _link(buttons[0])
    elif len(buttons) <= MAX_BUTTONS and longest <= MAX_BUTTON_UNITS:
        interactive = _replies(buttons)
    elif len(buttons) <= MAX_ROWS and longest <= MAX_ROW_UNITS:
        interactive = _list(buttons)
    else:
        return None
    kept = {name: value for name, value in payload.items() if name != "text"}
    return {**kept, "type": "interactive", "interactive": {**interactive, "body": {"text": body}}}


def _replies(buttons: Sequence[Button]) -> dict[str, JsonValue]:
    shown: list[JsonValue] = [
        {"type": "reply", "reply": {"id": data, "title": button.label}}
        for button, data in zip(buttons, data_of(buttons), strict=True)
    ]
    return {"type": "button", "action": {"buttons": shown}}


def _list(buttons: Sequence[Button]) -> dict[str, JsonValue]:
    rows: list[JsonValue] = [
        {"id": data, "title": button.label} for button, data in zip(buttons, data_of(buttons), strict=True)
    ]
    return {"type": "list", "action": {"button": _OPENER, "sections": [{"rows": rows}]}}


def _link(button: Button) -> dict[str, JsonValue]:
    return {
        "type": "cta_url",
        "action": {"name": "cta_url", "parameters": {"display_text": button.label, "url": button.url}},
    }
