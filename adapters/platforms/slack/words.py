"""What people wrote, without Slack's escapes: `<@U1|ada>` is read as `@ada`, `&lt;` as `<`.

Source: https://docs.slack.dev/messaging/formatting-message-text#retrieving
"""

import re

from adapters.platforms.slack.place import Me
from domain.text import storable

_TOKEN = re.compile(r"<([@#!][^<>\n]{1,4096}|[a-z][a-z0-9+.-]{1,30}:[^<>\n]{1,4096})>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))
_MANY = re.compile(r"<!(?:here|channel|everyone|subteam)[\^|>]")
_MENTION = re.compile(r"<@([A-Z0-9]{2,40})(?:\|[^<>]*)?>")


def plain(text: str, me: Me) -> str:
    """The text as its writer saw it; a mention of us at its beginning, which only called us, is left out."""
    rest = text.lstrip()
    called = _MENTION.match(rest)
    if called and me.user is not None and called[1] == me.user and rest[called.end() :].strip():
        text = rest[called.end() :].lstrip(" \t\n:,")
    pieces: list[str] = []
    position = 0
    for token in _TOKEN.finditer(text):
        pieces += [_unescaped(text[position : token.start()]), _read(token[1], me)]
        position = token.end()
    return storable("".join([*pieces, _unescaped(text[position:])]))


def mentions(text: str, me: Me) -> bool:
    """Whether the text names this bot; before our id is known every mention may be one."""
    return any(me.user in (None, found) for found in _MENTION.findall(text))


def calls_others(text: str, me: Me) -> bool:
    """Whether the text names somebody else, or many at once: it is for them."""
    return bool(_MANY.search(text)) or any(found != me.user for found in _MENTION.findall(text))


def _read(token: str, me: Me) -> str:
    target, _, label = token.partition("|")
    target, label = _unescaped(target), _unescaped(label)
    match target[:1]:
        case "@":
            return f"@{(me.name if target[1:] == me.user else None) or label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return _special(target[1:], label)
    address = target.removeprefix("mailto:")
    return (
        address
        if not label or label in (address, target) or address.endswith(f"://{label}")
        else f"{label} ({address})"
    )


def _special(name: str, label: str) -> str:
    if label:
        return label if name.startswith(("date", "subteam")) else f"@{label.removeprefix('@')}"
    return f"@{name.partition('^')[0]}"


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)
