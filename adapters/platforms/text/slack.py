"""Slack's mrkdwn: marks around words, `<address|label>`, and three characters that are escaped.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise

from adapters.platforms.text.document import Style, shared_length
from adapters.platforms.text.layout import PREFORMATTED, Dialect, lay_out
from adapters.platforms.text.links import WEB_SCHEMES
from adapters.platforms.text.markdown import parse
from adapters.platforms.text.splitting import MIN_LIMIT, QUOTATION, Passage, Span, pack

LIMIT = 3900
"""Characters with all marks and escapes: below the 4,000 from which Slack may split a message by itself."""

DIALECT = Dialect(schemes=WEB_SCHEMES)

_MARKS = {Style.BOLD: "*", Style.ITALIC: "_", Style.STRIKETHROUGH: "~", Style.CODE: "`"}
_LINKS = (Style.LINK, Style.IMAGE)
_FENCE = "```"
_NOTHING = "\u200b"
"""A space without width: it keeps a character from being a mark, and lets a mark stand inside a word."""
_BAR = "\u2502"
_WOULD_MARK = re.compile(r"(?<!\w)([*_~`])(?=\S)")
_SHARE_OF_MARKS = 32
"""One in so many characters is kept free for marks at first."""


def render(markdown: str, limit: int = LIMIT) -> tuple[str, ...]:
    """Render Markdown as texts of at most limit characters each; none for a text that shows nothing.

    Raises `ValueError` for a limit below `splitting.MIN_LIMIT`.
    """
    room = max(limit - limit // _SHARE_OF_MARKS, MIN_LIMIT)
    parts = pack(lay_out(parse(markdown), DIALECT), min(room, limit), _length)
    return tuple(text for part in parts for text in _fitting(part.trimmed(), limit, room))


def _length(text: str) -> int:
    return len(escape(text, quote=False))


def _fitting(part: Passage, limit: int, room: int) -> Iterator[str]:
    """The part as one text, or as several where its marks take it over the limit; in the worst case without marks."""
    text = _write(part)
    if len(text) <= limit:
        yield text
    elif room <= MIN_LIMIT:
        yield from (escape(piece.text, quote=False) for piece in pack([part], limit, _length))
    else:
        room = max(min(room, _length(part.text)) // 2, MIN_LIMIT)
        for piece in pack([part], room, _length):
            yield from _fitting(piece.trimmed(), limit, room)


def _write(part: Passage) -> str:
    """Put fences, quotation signs and marks into the text, line by line: Slack's marks do not go over line ends."""
    lines: list[str] = []
    position = 0
    for line in part.text.split("\n"):
        start, end = position, position + len(line)
        around = [span for span in part.spans if span.start <= start and end <= span.end]
        code = next((span for span in around if span.kind == PREFORMATTED), None)
        if code is not None:
            lines += [_FENCE] * (code.start == start) + [_preformatted(line)] + [_FENCE] * (code.end == end)
        else:
            marked = _marked(part, start, end)
            lines.append(f"> {marked}".rstrip() if any(span.kind == QUOTATION for span in around) else marked)
        position = end + 1
    return "\n".join(lines)


def _preformatted(line: str) -> str:
    return escape(line, quote=False).replace(_FENCE, f"`{_NOTHING}`{_NOTHING}`")


def _marked(part: Passage, start: int, end: int) -> str:
    text, spans = part.text, list(_spans(part, start, end))
    edges = sorted({start, end, *(edge for span in spans for edge in (span.start, span.end))})
    pieces: list[str] = []
    current: tuple[Span, ...] = ()
    for left, right in pairwise(edges):
        here = tuple(span for span in spans if span.start <= left and right <= span.end)
        kept = shared_length(current, here)
        pieces += [_closing(span, text) for span in reversed(current[kept:])]
        pieces += [_opening(span, text) for span in here[kept:]]
        pieces.append(_words(text[left:right], here))
        current = here
    pieces += [_closing(span, text) for span in reversed(current)]
    # What would read as a quotation is escaped, and is one all the same.
    line = "".join(pieces)
    return _NOTHING + line if line.startswith("&gt;") else line


def _spans(part: Passage, start: int, end: int) -> list[Span]:
    """What Slack can show of the spans in a line, the outer first: no style inside a link, no code with a backtick."""
    clipped = (_trimmed(span, part.text, start, end) for span in part.spans if span.kind in {*_MARKS, *_LINKS})
    spans = [span for span in clipped if span.start < span.end]
    links = [span for span in spans if span.kind in _LINKS]
    shown = (
        span
        for span in spans
        if span.kind in _LINKS
        or not (
            any(link.start <= span.start and span.end <= link.end and link[:2] != span[:2] for link in links)
            or (span.kind == Style.CODE and "`" in part.text[span.start : span.end])
        )
    )
    return sorted(shown, key=lambda span: (span.start, -span.end, span.kind in _LINKS))


def _trimmed(span: Span, text: str, start: int, end: int) -> Span:
    """The span within a line, without white space at its ends: a mark beside a space is none."""
    start, end = max(span.start, start), min(span.end, end)
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return span._replace(start=start, end=end)


def _opening(span: Span, text: str) -> str:
    if span.kind in _LINKS:
        return f"<{escape(span.value, quote=False).replace('|', '%7C')}|"
    joined = span.start > 0 and text[span.start - 1].isalnum()
    return (_NOTHING if joined else "") + _MARKS[Style(span.kind)]


def _closing(span: Span, text: str) -> str:
    if span.kind in _LINKS:
        return ">"
    joined = span.end < len(text) and text[span.end].isalnum()
    return _MARKS[Style(span.kind)] + (_NOTHING if joined else "")


def _words(text: str, spans: Iterable[Span]) -> str:
    kinds = {span.kind for span in spans}
    if Style.CODE not in kinds:
        text = _WOULD_MARK.sub(rf"\1{_NOTHING}", text)
    return escape(text.replace("|", _BAR) if kinds & {*_LINKS} else text, quote=False)
