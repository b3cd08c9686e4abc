"""Reading a file of bots: YAML, with `${VAR}` for what does not belong into a file, and every fault at its place."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from adapters.faults import CommandFailed
from api.v1.tool_use import Secrets
from domain.platforms import PlatformName
from domain.text import unstorable

_REFERENCE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?P<broken>\$\{)")
Fields: TypeAlias = dict[str, JsonValue]
Place: TypeAlias = tuple[str | int, ...]
_SECRETS = TypeAdapter(Secrets)


class FileFaulty(CommandFailed):
    """The file does not say what it should, at a place that is named."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(f"{shown(place)}: {reason.rstrip('.')}.", "")
        self.place = place
        self.reason = reason


class ChannelEntry(BaseModel):
    """A channel as the file describes it; what it leaves out stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    platform: PlatformName
    name: str = Field(default="", max_length=200)
    credentials: dict[str, str] = Field(default_factory=dict)
    settings: Fields = Field(default_factory=dict)


@dataclass(frozen=True)
class BotEntry:
    """A bot as the file describes it: its key, the fields that are named, its channels."""

    key: str
    fields: Fields
    channels: tuple[ChannelEntry, ...]
    secrets: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class BotFile:
    """What a file says, and the values that came from variables and must not be shown."""

    bots: tuple[BotEntry, ...]
    hidden: frozenset[str] = field(repr=False)


def read(path: Path, environment: Mapping[str, str]) -> BotFile:
    """The bots of a file; raises `FileFaulty`, or `OSError` where there is none."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise FileFaulty((), f"{line}it is no YAML ({error.problem})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FileFaulty((), "it is no YAML in UTF-8") from error
    substitution = _Substitution(environment)
    value = substitution.of(document, ())
    return BotFile(_bots(value), frozenset(substitution.hidden))


def shown(place: Place) -> str:
    """A place as it reads in a sentence: `bots[0].model.name`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "the file"


def first_fault(error: ValidationError, place: Place) -> FileFaulty:
    """What pydantic found, at its place in the file; never the value that it found."""
    found = error.errors(include_input=False, include_url=False)[0]
    reason = found["msg"].removeprefix("Value error, ")
    return FileFaulty(
        (*place, *found["loc"]), "there is no such field" if found["type"] == "extra_forbidden" else reason
    )


def _bots(value: JsonValue) -> tuple[BotEntry, ...]:
    if not isinstance(value, dict) or not isinstance(value.get("bots"), list):
        raise FileFaulty(("bots",), "it has to be a list of bots")
    unknown = sorted(value.keys() - {"bots"})
    if unknown:
        raise FileFaulty((unknown[0],), "there is no such field; the file holds bots alone")
    items = value["bots"]
    assert isinstance(items, list)
    entries = tuple(_bot(item, ("bots", position)) for position, item in enumerate(items))
    _refuse_repeats([entry.key for entry in entries], ("bots",), "key")
    return entries


def _bot(value: JsonValue, place: Place) -> BotEntry:
    if not isinstance(value, dict):
        raise FileFaulty(place, "it has to be a bot: fields with their values")
    key = value.get("key")
    if not isinstance(key, str) or not key.strip() or len(key) > 200:
        raise FileFaulty((*place, "key"), "it has to be a text of at most 200 characters, unique in its workspace")
    listed = value.get("channels") or []
    if not isinstance(listed, list):
        raise FileFaulty((*place, "channels"), "it has to be a list of channels")
    channels = tuple(_channel(item, (*place, "channels", position)) for position, item in enumerate(listed))
    _refuse_repeats([(entry.platform, entry.name) for entry in channels], (*place, "channels"), "platform and name")
    fields = {name: item for name, item in value.items() if name not in ("key", "channels", "secrets")}
    return BotEntry(key, fields, channels, _secrets(value.get("secrets") or {}, (*place, "secrets")))


def _secrets(value: JsonValue, place: Place) -> dict[str, str]:
    try:
        given = _SECRETS.validate_python(value)
    except ValidationError as error:
        raise first_fault(error, place) from error
    return {name: secret for name, secret in given.items() if secret is not None}


def _channel(value: JsonValue, place: Place) -> ChannelEntry:
    try:
        entry = ChannelEntry.model_validate(value)
    except ValidationError as error:
        raise first_fault(error, place) from error
    return entry if entry.name else entry.model_copy(update={"name": entry.platform.value})


def _refuse_repeats(values: Sequence[object], place: Place, what: str) -> None:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise FileFaulty((*place, position), f"an entry before it has the same {what}")


class _Substitution:
    """Puts variables into every text, and holds the rest to what JSON knows."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.hidden: set[str] = set()

    def of(self, value: object, place: Place) -> JsonValue:
        if isinstance(value, str):
            text = _REFERENCE.sub(lambda found: self._put(found, place), value)
            if unstorable(text):
                raise FileFaulty(place, "it holds the character NUL or half a surrogate pair, which cannot be stored")
            return text
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if isinstance(value, list):
            return [self.of(item, (*place, position)) for position, item in enumerate(value)]
        if isinstance(value, dict):
            return {self._name(name, place): self.of(item, (*place, str(name))) for name, item in value.items()}
        raise FileFaulty(place, f"a {type(value).__name__} cannot be stored; put it in quotes to make it a text")

    def _put(self, found: re.Match[str], place: Place) -> str:
        name = found["name"]
        if found["escaped"]:
            return "${"
        if name is None:
            raise FileFaulty(place, "'${' begins no variable; write $${ for the characters themselves")
        if name not in self._environment:
            raise FileFaulty(place, f"the variable {name} is not set")
        self.hidden.add(self._environment[name])
        return self._environment[name]

    def _name(self, name: object, place: Place) -> str:
        if not isinstance(name, str):
            raise FileFaulty((*place, str(name)), "a field's name has to be a text; put it in quotes")
        return name
