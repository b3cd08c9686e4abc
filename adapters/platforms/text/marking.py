"""Writes a laid-out part with marks around words, line by line, for dialects whose marks do not go over line ends."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from adapters.platforms.text.document import Style, shared_length
from adapters.platforms.text.layout import PREFORMATTED
from adapters.platforms.text.length import Measure
from adapters.platforms.text.splitting import MIN_LIMIT, Passage, Span, pack

FENCE = "```"
NOTHING = "\u200b"
"""A space without width: it keeps a character from being a mark, and lets a mark stand inside a word."""
LINKS = (Style.LINK, Style.IMAGE)
_MARKED = frozenset({Style.BOLD, Style.ITALIC, Style.STRIKETHROUGH, Style.CODE, *LINKS})


@dataclass(frozen=True, slots=True)
class Marking:
    """How a dialect writes: `opening` and `closing` get a span and the text that it is in.

    `words` are written within the spans given; `line` finishes a line within the kinds of span around it, given with
    their values: a quotation, a heading.
    """

    escaped: Callable[[str], str]
    opening: Callable[[Span, str], str]
    closing: Callable[[Span, str], str]
    words: Callable[[str, tuple[Span, ...]], str]
    preformatted: Callable[[str], str]
    line: Callable[[str, Mapping[str, str]], str]
    fence: Callable[[Span], str]

    @property
    def length(self) -> Measure:
        """How long a text is without marks."""
        return lambda text: len(self.escaped(text))


def fitting(part: Passage, limit: int, room: int, marking: Marking) -> Iterator[str]:
    """The part as one text, or as several where its marks take it over the limit; in the worst case without marks."""
    text = _write(part, marking)
    if len(text) <= limit:
        yield text
    elif room <= MIN_LIMIT:
        yield from (marking.escaped(piece.text) for piece in pack([part], limit, marking.length))
    else:
        room = max(min(room, marking.length(part.text)) // 2, MIN_LIMIT)
        for piece in pack([part], room, marking.length):
            yield from fitting(piece.trimmed(), limit, room, marking)


def _write(part: Passage, marking: Marking) -> str:
    """Put fences and marks into the text."""
    lines: list[str] = []
    position = 0
    for line in part.text.split("\n"):
        start, end = position, position + len(line)
        around = [span for span in part.spans if span.start <= start and end <= span.end]
        code = next((span for span in around if span.kind == PREFORMATTED), None)
        if code is not None:
            lines += [marking.fence(code)] * (code.start == start)
            lines += [marking.preformatted(line)] + [FENCE] * (code.end == end)
        else:
            kinds = {span.kind: span.value for span in around}
            lines.append(marking.line(_marked(part, start, end, marking), kinds))
        position = end + 1
    return "\n".join(lines)


def _marked(part: Passage, start: int, end: int, marking: Marking) -> str:
    text, spans = part.text, list(_spans(part, start, end))
    edges = sorted({start, end, *(edge for span in spans for edge in (span.start, span.end))})
    pieces: list[str] = []
    current: tuple[Span, ...] = ()
    for left, right in pairwise(edges):
        here = tuple(span for span in spans if span.start <= left and right <= span.end)
        kept = shared_length(current, here)
        pieces += [marking.closing(span, text) for span in reversed(current[kept:])]
        pieces += [marking.opening(span, text) for span in here[kept:]]
        pieces.append(marking.words(text[left:right], here))
        current = here
    return "".join([*pieces, *(marking.closing(span, text) for span in reversed(current))])


def _spans(part: Passage, start: int, end: int) -> list[Span]:
    """What can be shown of the spans in a line, the outer first: no style inside a link, no code with a backtick."""
    clipped = (_trimmed(span, part.text, start, end) for span in part.spans if span.kind in _MARKED)
    spans = [span for span in clipped if span.start < span.end]
    links = [span for span in spans if span.kind in LINKS]
    shown = (
        span
        for span in spans
        if span.kind in LINKS
        or not (
            any(link.start <= span.start and span.end <= link.end and link[:2] != span[:2] for link in links)
            or (span.kind == Style.CODE and "`" in part.text[span.start : span.end])
        )
    )
    return sorted(shown, key=lambda span: (span.start, -span.end, span.kind in LINKS))


def _trimmed(span: Span, text: str, start: int, end: int) -> Span:
    """The span within a line, without white space at its ends: a mark beside a space is none."""
    start, end = max(span.start, start), min(span.end, end)
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return span._replace(start=start, end=end)
