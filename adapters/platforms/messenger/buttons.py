"""Buttons out: quick replies above the contact's keyboard, there until the next message; with links, a button template.

Sources: https://developers.facebook.com/docs/messenger-platform/send-messages/quick-replies and
https://developers.facebook.com/docs/messenger-platform/send-messages/template/button
"""

from collections.abc import Sequence

from pydantic import JsonValue

from adapters.platforms.base import Payload
from adapters.platforms.text.length import utf16_length
from domain.buttons import Button, data_of

MAX_REPLIES, MAX_TITLE_UNITS = 13, 20
MAX_BUTTONS, MAX_TEMPLATE_UNITS = 3, 640


def with_buttons(payload: Payload, buttons: Sequence[Button]) -> Payload | None:
    """The same text with quick replies, or as a template where some of them are links.

    None where there are too many, where Messenger would cut a label, or where a template's text is too long.
    """
    message = payload.get("message")
    longest = max(utf16_length(button.label) for button in buttons)
    if not isinstance(message, dict) or longest > MAX_TITLE_UNITS:
        return None
    if any(button.url for button in buttons):
        return _with_template(payload, message, buttons)
    if len(buttons) > MAX_REPLIES:
        return None
    replies: list[JsonValue] = [
        {"content_type": "text", "title": button.label, "payload": data}
        for button, data in zip(buttons, data_of(buttons), strict=True)
    ]
    return {**payload, "message": {**message, "quick_replies": replies}}


def _with_template(payload: Payload, message: Payload, buttons: Sequence[Button]) -> Payload | None:
    text = message.get("text")
    if not isinstance(text, str) or utf16_length(text) > MAX_TEMPLATE_UNITS or len(buttons) > MAX_BUTTONS:
        return None
    shown: list[JsonValue] = [
        {"title": button.label, **({"type": "web_url", "url": button.url} if button.url else _postback(data))}
        for button, data in zip(buttons, data_of(buttons), strict=True)
    ]
    template: JsonValue = {"template_type": "button", "text": text, "buttons": shown}
    kept = {name: value for name, value in message.items() if name != "text"}
    return {**payload, "message": {**kept, "attachment": {"type": "template", "payload": template}}}


def _postback(data: str) -> dict[str, JsonValue]:
    return {"type": "postback", "payload": data}
