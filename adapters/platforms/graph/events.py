"""What the events of Meta's platforms share: batches, kinds, commands, and names for what has none."""

import json
import re
from datetime import datetime, timedelta
from hashlib import sha256

from adapters.platforms.fields import Fields, moment, numeric_id, reference
from domain.events import EventKind, InboundEvent

_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FIRST_MILLISECONDS = 10**11
"""A smaller number is a time in seconds: as milliseconds it would be in 1973."""
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?!\S)")


def items(fields: Fields, name: str) -> list[object]:
    """The items of a list inside, whatever they are; none where there is no list."""
    found = fields.get(name)
    return found if isinstance(found, list) else []


def identity(fields: Fields, name: str) -> str | None:
    """An id, whether it came as a text or as a number."""
    return reference(fields, name) or numeric_id(fields, name)


def when(fields: Fields, name: str) -> datetime | None:
    """A time in milliseconds since 1970; some tell it in seconds, and some as a text."""
    told = int(numeric_id(fields, name) or 0)
    milliseconds = told if told >= _FIRST_MILLISECONDS else told * 1000
    second = moment({"second": milliseconds // 1000}, "second")
    return second + timedelta(milliseconds=milliseconds % 1000) if second else None


def kind_name(name: str | None) -> str:
    """A kind as part of a reason; `unknown` for what no platform would call one."""
    return name if name and _KIND.fullmatch(name) else "unknown"


def command_in(words: str) -> str | None:
    """The command that a text begins with: the platforms themselves know none."""
    found = _COMMAND.match(words)
    return found[1].lower() if found else None


def ignored(item: object, reason: str, account: str | None = None) -> InboundEvent:
    """Something that belongs to no conversation, named by its content: a repeat has the same name."""
    return InboundEvent(key=f"{reason}:{digest(item)}", kind=EventKind.OTHER, account=account, ignored=reason)


def digest(item: object) -> str:
    """A name for what has none, made of its content."""
    try:
        written = json.dumps(item, sort_keys=True).encode()
    except RecursionError:
        written = b"nested too deeply"
    return sha256(written).hexdigest()[:32]
