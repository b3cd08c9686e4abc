"""Text with entities: their checks, in the words of TDLib, and the lengths that both are measured by."""

from simulator.telegram.refusals import bad_request
from simulator.wire import JSON, Object

MAX_TEXT_UNITS = 4096
STYLE_TYPES = frozenset(
    (
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "blockquote",
        "expandable_blockquote",
        "custom_emoji",
    )
)
# The server finds these by itself, and takes no notice when a bot sends them.
FOUND_TYPES = frozenset(
    ("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number")
)
NEEDED_FIELD = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}


def units(text: str) -> int:
    """Length in UTF-16 code units, by which Telegram counts offsets and this stand-in counts everything."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_entities(text: str, value: JSON) -> list[Object]:
    """The entities that count, sorted; refused in the words of the real server where one does not fit the text."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad_request("can't parse MessageEntity: expected an Array")
    ends = _character_ends(text)
    kept = [entity for item in value if (entity := _parsed(item)) is not None]
    for entity in kept:
        _check_range(ends, *_range(entity))
    return sorted((entity for entity in kept if _range(entity)[1] > 0), key=lambda entity: _range(entity))


def _parsed(item: JSON) -> Object | None:
    if not isinstance(item, dict):
        raise bad_request("can't parse MessageEntity: expected an Object")
    for name in ("offset", "length"):
        if not isinstance(item.get(name), int):
            raise bad_request(f"can't parse MessageEntity: can't find field \"{name}\"")
    kind = item.get("type")
    if kind in FOUND_TYPES:
        return None
    if kind not in STYLE_TYPES:
        raise bad_request("can't parse MessageEntity: Unsupported type specified")
    needed = NEEDED_FIELD.get(str(kind))
    if needed and not item.get(needed):
        raise bad_request(f"can't parse MessageEntity: can't find field \"{needed}\"")
    return item


def _range(entity: Object) -> tuple[int, int]:
    offset, length = entity["offset"], entity["length"]
    assert isinstance(offset, int)
    assert isinstance(length, int)
    return offset, length


def _character_ends(text: str) -> dict[int, int]:
    """UTF-16 offset of every border between two characters, and its offset in bytes."""
    borders = {0: 0}
    at_unit = at_byte = 0
    for character in text:
        at_unit += 2 if ord(character) > 0xFFFF else 1
        at_byte += len(character.encode("utf-8", "surrogatepass"))
        borders[at_unit] = at_byte
    return borders


def _check_range(borders: dict[int, int], offset: int, length: int) -> None:
    end, text_end = offset + length, next(reversed(borders))
    if offset < 0:
        raise bad_request(f"receive an entity with incorrect offset {offset}")
    if length < 0:
        raise bad_request(f"receive an entity with incorrect length {length}")
    if length == 0:
        return
    if offset >= text_end:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {offset}")
    if end > text_end:
        raise bad_request(
            f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {end}"
        )
    if offset not in borders:
        raise bad_request(f"entity begins in a middle of a UTF-16 symbol at byte offset {borders[offset + 1]}")
    if end not in borders:
        raise bad_request(
            f"entity beginning at UTF-16 offset {offset} ends in a middle of a UTF-16 symbol"
            f" at byte offset {borders[end + 1]}"
        )
