"""Which addresses may become links, and how an address is written where it may not."""

import re
from urllib.parse import unquote

WEB_SCHEMES = frozenset({"http", "https", "mailto"})
"""What a browser may be sent to by a model."""

MAX_URL_CHARACTERS = 2048
"""Longer addresses (an image inside a data URL) are neither linked nor written: nobody can use them in a chat."""

_ABSOLUTE = re.compile(r"(?:(https?|tg)://[^/?#\s]|(mailto):[^?\s])", re.IGNORECASE)


def is_linkable(url: str, schemes: frozenset[str]) -> bool:
    """Say whether the address is absolute and its scheme is one of those given."""
    match = _ABSOLUTE.match(url)
    return match is not None and (match[1] or match[2]).lower() in schemes


def shows(text: str, url: str) -> bool:
    """Say whether the text of a link already is its address."""
    shown, address = unquote(text.strip()), unquote(url)
    return shown in (address, address.removeprefix("mailto:"))


def in_parentheses(text: str, url: str) -> str:
    """Return what is written behind the text of a link that cannot be followed; empty when the text says it."""
    return "" if shows(text, url) else f" ({url.removeprefix('mailto:')})"
