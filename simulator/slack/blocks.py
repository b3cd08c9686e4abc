"""What Slack checks of a message's blocks (https://docs.slack.dev/reference/block-kit/blocks)."""

from simulator.slack.refusals import Refused
from simulator.wire import JSON

MAX_BLOCKS = 50
MAX_SECTION_CHARACTERS = 3000
MAX_ELEMENTS = 25
MAX_LABEL_CHARACTERS = 75
MAX_VALUE_CHARACTERS = 2000
MAX_ACTION_ID_CHARACTERS = 255
MAX_URL_CHARACTERS = 3000


def check_blocks(blocks: JSON) -> None:
    """Refuse what Slack would refuse of sections and of rows of buttons; other blocks are taken as they are."""
    if not isinstance(blocks, list) or len(blocks) > MAX_BLOCKS:
        raise Refused("invalid_blocks")
    for block in blocks:
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            raise Refused("invalid_blocks")
        if block["type"] == "section" and not 0 < _length(block.get("text")) <= MAX_SECTION_CHARACTERS:
            raise Refused("invalid_blocks")
        if block["type"] == "actions":
            _check_elements(block.get("elements"))


def _check_elements(elements: JSON) -> None:
    if not isinstance(elements, list) or not 0 < len(elements) <= MAX_ELEMENTS:
        raise Refused("invalid_blocks")
    names = [element.get("action_id") if isinstance(element, dict) else None for element in elements]
    if len(set(map(str, names))) < len(names):
        raise Refused("invalid_blocks")
    for element, name in zip(elements, names, strict=True):
        assert isinstance(element, dict)
        value, url = element.get("value", ""), element.get("url", "https://")
        fits = isinstance(value, str) and len(value) <= MAX_VALUE_CHARACTERS
        fits = (
            fits and isinstance(url, str) and url.startswith(("https://", "http://")) and len(url) <= MAX_URL_CHARACTERS
        )
        is_named = isinstance(name, str) and 0 < len(name) <= MAX_ACTION_ID_CHARACTERS
        if not (fits and is_named and 0 < _length(element.get("text")) <= MAX_LABEL_CHARACTERS):
            raise Refused("invalid_blocks")


def _length(text: JSON) -> int:
    words = text.get("text") if isinstance(text, dict) else None
    return len(words) if isinstance(words, str) else 0
