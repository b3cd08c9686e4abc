"""The filters and tests of templates: those that cannot make much of little, each with a bound on what it gives."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from jinja2.runtime import Undefined

MAX_CHARACTERS = 200_000
"""How long anything in a template may become, and all that it comes to."""


class TooMuch(Exception):
    """A template would take too long, or come to too much."""


Value: TypeAlias = object


def _text(value: Value) -> str:
    """A value in words; raises what a missing one raises."""
    if isinstance(value, str | Undefined):
        return str(value)
    return str(value) if isinstance(value, int | float) or value is None else _json(value)


def _given(value: Value) -> Value:
    """The value; raises what a missing one raises."""
    if isinstance(value, Undefined):
        str(value)
    return value


def _json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _bounded(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise TooMuch(f"a value comes to more than {MAX_CHARACTERS} characters")
    return text


def _default(value: Value, default_value: Value = "", boolean: Value = False) -> Value:
    missing = isinstance(value, Undefined) or value is None or (boolean is True and not value)
    return default_value if missing else value


def _join(value: Value, d: Value = "") -> str:
    words, between = [_text(item) for item in _listed(value)], _text(d)
    if sum(len(word) + len(between) for word in words) > MAX_CHARACTERS:
        raise TooMuch(f"a value comes to more than {MAX_CHARACTERS} characters")
    return between.join(words)


def _replace(value: Value, old: Value, new: Value) -> str:
    text, gone, put = _text(value), _text(old), _text(new)
    if len(text) + text.count(gone) * len(put) > MAX_CHARACTERS:
        raise TooMuch(f"a value comes to more than {MAX_CHARACTERS} characters")
    return text.replace(gone, put)


def _truncate(value: Value, length: Value = 255) -> str:
    text = _text(value)
    most = length if isinstance(length, int) and length > 0 else 255
    return text if len(text) <= most else text[:most].rstrip() + "…"


def _listed(value: Value) -> list[object]:
    _given(value)
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]


def _length(value: Value) -> int:
    return len(value) if isinstance(value, str | Mapping | list | tuple) else len(_listed(value))


def _items(value: Value) -> list[tuple[object, object]]:
    _given(value)
    return list(value.items()) if isinstance(value, Mapping) else []


def _end(value: Value, place: int) -> Value:
    found = value if isinstance(value, str) else _listed(value)
    return found[place] if found else ""


def _in_words(change: Callable[[str], str]) -> Callable[[Value], str]:
    return lambda value: _bounded(change(_text(value)))


FILTERS: Mapping[str, Callable[..., object]] = {
    "capitalize": _in_words(str.capitalize),
    "count": _length,
    "d": _default,
    "default": _default,
    "first": lambda value: _end(value, 0),
    "items": _items,
    "join": _join,
    "last": lambda value: _end(value, -1),
    "length": _length,
    "lower": _in_words(str.lower),
    "replace": _replace,
    "sort": lambda value: sorted(_listed(value), key=_text),
    "string": _in_words(str),
    "title": _in_words(str.title),
    "tojson": lambda value: _bounded(_json(_given(value))),
    "trim": _in_words(str.strip),
    "truncate": _truncate,
    "upper": _in_words(str.upper),
}
"""By the names that Jinja gives them."""


TESTS: Mapping[str, Callable[..., object]] = {
    "defined": lambda value: not isinstance(value, Undefined),
    "undefined": lambda value: isinstance(value, Undefined),
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "mapping": lambda value: isinstance(value, Mapping),
    "in": lambda value, among: value in among if isinstance(among, str | Mapping | list | tuple) else False,
    "equalto": lambda value, other: value == other,
}
"""By the names that Jinja gives them."""
