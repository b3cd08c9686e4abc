"""Buttons out: the text as a section, and below it a row of buttons.

Source: https://docs.slack.dev/reference/block-kit/blocks/actions-block
"""

from collections.abc import Sequence

from pydantic import JsonValue

from adapters.platforms.base import Payload
from adapters.platforms.fields import part, parts, reference
from domain.buttons import Button, data_of
from domain.text import shortened

_MAX_SECTION_CHARACTERS = 3000
_MAX_LABEL_CHARACTERS = 75
LINK = "link:"
"""Beginning of what links are called: Slack tells that one was opened as it tells of a press."""


def with_buttons(payload: Payload, buttons: Sequence[Button]) -> Payload | None:
    """The same part with blocks, its text kept for notifications; None for a text that no section takes."""
    text = payload.get("text")
    if not isinstance(text, str) or len(text) > _MAX_SECTION_CHARACTERS:
        return None
    elements: list[JsonValue] = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": shortened(button.label, _MAX_LABEL_CHARACTERS)},
            **_deed(number, button, data),
        }
        for number, (button, data) in enumerate(zip(buttons, data_of(buttons), strict=True), 1)
    ]
    section: JsonValue = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {**payload, "blocks": [section, {"type": "actions", "elements": elements}]}


def labels_of(payload: Payload) -> str:
    """What stood on the buttons of a part, a line each: what can still be answered where Slack takes no blocks."""
    blocks = payload.get("blocks")
    elements = [item for block in parts({"blocks": blocks}, "blocks") for item in parts(block, "elements")]
    labels = [reference(part(item, "text"), "text") for item in elements]
    links = [reference(item, "url") for item in elements]
    return "\n".join(
        f"• {label}" + (f": {url}" if url else "") for label, url in zip(labels, links, strict=True) if label
    )


def _deed(number: int, button: Button, data: str) -> dict[str, JsonValue]:
    if button.url:
        return {"action_id": f"{LINK}{number}", "url": button.url}
    return {"action_id": f"button:{number}", "value": data}
