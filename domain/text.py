"""Text that may come from anyone: what can be stored, and cutting without breaking it."""

import unicodedata
from collections.abc import Mapping, Sequence

MAX_MESSAGE_CHARACTERS = 40_000
_MARK = " …"
_BREAKING = ("Cc", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
"""Invisible, and needed inside words: in Persian, in emoji."""
_IN_BRACKETS = str.maketrans('[]"', "()'")


def storable(text: str) -> str:
    """The text as PostgreSQL can hold it: without NUL, and half surrogate pairs replaced by U+FFFD."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def unstorable(value: object) -> bool:
    """Whether a JSON value holds, at any depth, a text that PostgreSQL cannot hold."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if storable(item) != item:
                return True
        elif isinstance(item, Mapping):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, Sequence):
            waiting.extend(item)
    return False


def shortened(text: str, most: int) -> str:
    """The text, cut to at most `most` characters with a mark where it was cut and there is room for one."""
    if len(text) <= most:
        return text
    return text[: most - len(_MARK)].rstrip() + _MARK if most >= len(_MARK) else text[:most]


def within_bytes(text: str, max_bytes: int) -> str:
    """The longest beginning of the text that fits into so many bytes of UTF-8."""
    return text.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")


def inside(text: str, most: int) -> str:
    """The text as one line of at most so many characters that can stand in a bracket or quotes, and not end these."""
    shown = "".join(_shown(character) for character in text[: 4 * most])
    return shortened(" ".join(shown.split()).translate(_IN_BRACKETS), most)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BREAKING:
        return " "
    return "" if category == "Cf" and character not in _JOINERS else character
