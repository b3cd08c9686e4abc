"""Buttons out: quick replies above the contact's keyboard, there until the next message.

Source: https://developers.facebook.com/docs/messenger-platform/send-messages/quick-replies
"""

from collections.abc import Sequence

from pydantic import JsonValue

from adapters.platforms.base import Payload
from adapters.platforms.text.length import utf16_length
from domain.buttons import Button, data_of

MAX_REPLIES, MAX_TITLE_UNITS = 13, 20


def with_quick_replies(payload: Payload, buttons: Sequence[Button]) -> Payload | None:
    """The same text with quick replies; None where there are too many, or where Messenger would cut a label."""
    message = payload.get("message")
    longest = max(utf16_length(button.label) for button in buttons)
    if not isinstance(message, dict) or len(buttons) > MAX_REPLIES or longest > MAX_TITLE_UNITS:
        return None
    replies: list[JsonValue] = [
        {"content_type": "text", "title": button.label, "payload": data}
        for button, data in zip(buttons, data_of(buttons), strict=True)
    ]
    return {**payload, "message": {**message, "quick_replies": replies}}
