"""Reading JSON that may hold anything: a field that is absent or of the wrong type is simply not there."""

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from json import loads
from typing import TypeAlias

from adapters.errors import Unreadable
from domain.text import shortened, storable

Fields: TypeAlias = Mapping[str, object]

MAX_NAME_CHARACTERS = 200
MAX_REFERENCE_CHARACTERS = 1024
MAX_ADDRESS_CHARACTERS = 2000
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_LAST_SECOND = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
_NUMERIC_ID = re.compile(r"-?[0-9]{1,20}")
_JOINERS = "\u200c\u200d"
"""Invisible, and needed inside names: in Persian, in emoji."""


def parse_object(body: bytes) -> Fields:
    """The JSON object that a body holds; raises `Unreadable`."""
    try:
        value = loads(body.decode("utf-8-sig"))
    except RecursionError:
        raise Unreadable("the body is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"the body is not JSON in UTF-8 ({type(error).__name__})") from None
    if not isinstance(value, dict):
        raise Unreadable(f"the body is a JSON {type(value).__name__}, not an object")
    return value


def part(fields: Fields, name: str) -> Fields:
    """An object inside; an empty one when it is not there."""
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def parts(fields: Fields, name: str) -> list[Fields]:
    """The objects of a list inside."""
    value = fields.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def text(fields: Fields, name: str) -> str | None:
    """A text, made storable; None when nothing of it is left."""
    value = fields.get(name)
    return (storable(value) or None) if isinstance(value, str) else None


def reference(fields: Fields, name: str) -> str | None:
    """A text that means something to the platform only; None rather than a part of it when it is too long."""
    value = text(fields, name)
    return value if value and len(value) <= MAX_REFERENCE_CHARACTERS else None


def whole(fields: Fields, name: str) -> int | None:
    """An integer of at most 64 bits."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if _SMALLEST <= value <= _LARGEST else None


def count(fields: Fields, name: str) -> int | None:
    """An integer that is not negative."""
    value = whole(fields, name)
    return value if value is not None and value >= 0 else None


def number(fields: Fields, name: str) -> float | None:
    """A finite number."""
    value = fields.get(name)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return whole(fields, name)


def numeric_id(fields: Fields, name: str) -> str | None:
    """A numeric id, whether it came as a number or as a text."""
    value = fields.get(name)
    if isinstance(value, str):
        return value if _NUMERIC_ID.fullmatch(value) else None
    found = whole(fields, name)
    return None if found is None else str(found)


def moment(fields: Fields, name: str) -> datetime | None:
    """A time given in seconds since 1970; zero means that there is none."""
    seconds = whole(fields, name)
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds <= _LAST_SECOND else None


def web_address(fields: Fields, name: str) -> str | None:
    """An address that a browser may be given; None for any other kind of text."""
    value = text(fields, name) or ""
    fits = value.startswith("https://") and len(value) <= MAX_ADDRESS_CHARACTERS and not re.search(r"\s", value)
    return value if fits and value.isprintable() else None


def shown_name(fields: Fields, *names: str) -> str | None:
    """The named texts as one line for people to read: no control characters, nothing that turns the direction."""
    joined = " ".join(found for name in names if (found := text(fields, name)))
    visible = "".join(_visible(character) for character in joined[: 4 * MAX_NAME_CHARACTERS])
    return shortened(" ".join(visible.split()), MAX_NAME_CHARACTERS).strip(_JOINERS) or None


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category == "Cf" and character not in _JOINERS else character
