"""Lengths as platforms count them, and the best place to cut a text that is too long."""

import re
from collections.abc import Callable, Sequence

from adapters.platforms.text.characters import boundaries, skip_space

Measure = Callable[[str], int]
"""Counts the length of a text in a platform's unit; must be additive: `len` or `utf16_length`."""

Breaks = Sequence[re.Pattern[str]]
"""Where a text may be cut, the best kind first: each match ends at such a place."""

PROSE: Breaks = (
    re.compile(r"(?=\n[^\S\n]*\n)"),  # paragraph
    re.compile(r"(?=\n)"),  # line
    re.compile(r"(?<=[.!?…])(?<!\d\.)[\"'”’»)\]]*(?=\s)|[。！？．｡][」』”’）】]*"),  # sentence
    re.compile(r"(?<=\S)(?=[^\S\u00a0\u2007\u202f])"),  # word
)
# A part that begins with an indented line loses that indentation on most platforms.
CODE: Breaks = (
    re.compile(r"(?=\n[^\S\n]*\n\S)"),  # blank line before a line that is not indented
    re.compile(r"(?=\n[^\s)}\]])"),  # line before a line that is not indented
    *PROSE[1:],
)


def utf16_length(text: str) -> int:
    """Count UTF-16 code units, the unit of Telegram's offsets and the careful reading of most limits."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(text: str, start: int, limit: int, measure: Measure) -> int:
    """Return the furthest end for which `text[start:end]` measures at most limit."""
    low, high = start, min(len(text), start + limit)
    if measure(text[start:high]) <= limit:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[start:middle]) <= limit else (low, middle - 1)
    return low


def cut(text: str, start: int, limit: int, measure: Measure, breaks: Breaks = PROSE, floor: int = 0) -> int:
    """Return where the piece that begins at start ends: at the last break of the best kind that fits.

    A break before floor does not count (a list marker is not left alone).
    Without a break the cut is between grapheme clusters; inside one only when that cluster alone is over the limit.
    """
    end = fit(text, start, limit, measure)
    if end == len(text):
        return end
    window = text[start : end + 1]
    edges = {start + edge for edge in boundaries(window)} - {end + 1}
    floor = max(floor, skip_space(text, start, end))
    for kind in breaks:
        # Two more characters let a pattern see what follows a break at the very end.
        found = [match.end() for match in kind.finditer(text, start, end + 2)]
        places = [place for place in found if floor < place <= end and place in edges]
        if places:
            return places[-1]
    return max(edges, default=max(end, start + 1))
