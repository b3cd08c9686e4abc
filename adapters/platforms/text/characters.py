"""What single characters mean to a reader: removed, invisible, where clusters end, how wide."""

import re
import unicodedata

import regex  # type: ignore[import-untyped]  # the package ships no type information

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|[\u2028\u2029]")
# C0 without tab and line feed, delete and C1, and the bidirectional overrides and isolates (UAX #9), which reorder
# what surrounds them and so can make a text or an address read as another one.
_REMOVED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = regex.compile(r"[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\ufffc]*")
_EXTENDING = r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]"
# `\X` alone is quadratic in a run of regional indicators, which pair up from the start of their run.
_CLUSTER = regex.compile(rf"\p{{Regional_Indicator}}{{2}}(?!{_EXTENDING})|\X")
# A space that carries a combining mark is a visible cluster, not a margin.
_LEADING_SPACE = regex.compile(rf"(?:\s(?!{_EXTENDING}))*")


def clean(text: str) -> str:
    """Return the text without control characters and bidirectional overrides.

    Line ends become line feeds, surrogate pairs one character, and lone surrogates U+FFFD.
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _REMOVED.sub("", _LINE_END.sub("\n", text))


def is_blank(text: str) -> bool:
    """Say whether a reader sees nothing of the text: platforms refuse such a message as empty."""
    return _INVISIBLE.fullmatch(text) is not None


def boundaries(text: str) -> list[int]:
    """List the ends of the grapheme clusters (UAX #29) of a text, in code points."""
    return [match.end() for match in _CLUSTER.finditer(text)]


def skip_space(text: str, start: int, end: int | None = None) -> int:
    """Return the first position at or after start, at most end, that is not white space."""
    match = _LEADING_SPACE.match(text, start, end)
    return int(match.end())


def display_width(text: str) -> int:
    """Count the cells that a text takes in a monospace font: two for wide characters and emoji (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(_cluster_width(match.group()) for match in _CLUSTER.finditer(text))


def _cluster_width(cluster: str) -> int:
    if is_blank(cluster) and not cluster.isspace():
        return 0
    is_flag = len(cluster) > 1 and "\U0001f1e6" <= cluster[0] <= "\U0001f1ff"
    is_wide = "\ufe0f" in cluster or any(unicodedata.east_asian_width(character) in "WF" for character in cluster)
    return 2 if is_flag or is_wide else 1
