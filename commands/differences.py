"""What changes between two sets of settings, as lines that a person reads before agreeing."""

import json
from collections.abc import Collection, Iterator, Mapping

from pydantic import JsonValue

_MAX_SHOWN_CHARACTERS = 60
_HIDDEN = "(hidden)"


def differences(before: JsonValue, after: JsonValue, hidden: Collection[str]) -> list[str]:
    """A line for each value that changes; a value that holds one of `hidden` is not shown."""
    old, new = dict(_flat(before, "")), dict(_flat(after, ""))
    return [
        f"{path}: {_change(path, old, new, hidden)}"
        for path in dict.fromkeys([*old, *new])
        if path not in old or path not in new or old[path] != new[path]
    ]


def _change(path: str, old: Mapping[str, JsonValue], new: Mapping[str, JsonValue], hidden: Collection[str]) -> str:
    if path not in new:
        return "removed"
    return " → ".join(_shown(values[path], hidden) for values in (old, new) if path in values)


def _flat(value: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _flat(item, f"{path}.{name}" if path else name)
    else:
        yield path, value


def _shown(value: JsonValue, hidden: Collection[str]) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if any(secret and json.dumps(secret, ensure_ascii=False)[1:-1] in text for secret in hidden):
        return _HIDDEN
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[:_MAX_SHOWN_CHARACTERS]}… ({len(text)} characters)"
