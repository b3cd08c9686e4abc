"""WhatsApp: text with marks in it, which know no escape (https://faq.whatsapp.com/539178204879377).

A mark works where it touches a word inside and none outside, within one line. So marks are put line by line, left out
where they would show as characters, and characters that would work as marks are kept apart from their word.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from adapters.platforms.text.characters import is_blank
from adapters.platforms.text.document import Style
from adapters.platforms.text.layout import PREFORMATTED, Dialect, lay_out
from adapters.platforms.text.length import utf16_length
from adapters.platforms.text.markdown import parse
from adapters.platforms.text.narrow import narrowed
from adapters.platforms.text.splitting import Passage, Span, pack

LIMIT = 4000
"""UTF-16 units: safe whether 4096 code points or 4096 units are counted, and with the marks that a cut adds."""

DIALECT = Dialect(quote="> ", bullet="- ")
_TABLE_CELLS = 35
"""A telephone shows so many characters of a monospace line."""

_APART = "\u200b"
_MARKS = {
    Style.BOLD.value: "*",
    Style.ITALIC.value: "_",
    Style.STRIKETHROUGH.value: "~",
    Style.CODE.value: "`",
    PREFORMATTED: "```",
}
_CODE = (Style.CODE.value, PREFORMATTED)
# While a text is cut, each mark is one character that nobody writes: so no mark is cut, and a lost one is noticed.
_OPENERS = {kind: chr(0xE0F0 + place) for place, kind in enumerate(_MARKS)}
_CLOSERS = {kind: chr(0xE0F8 + place) for place, kind in enumerate(_MARKS)}
_WRITTEN = {ord(sign): _MARKS[kind] for signs in (_OPENERS, _CLOSERS) for kind, sign in signs.items()}
_FENCES = re.compile(f"[{_OPENERS[PREFORMATTED]}{_CLOSERS[PREFORMATTED]}]")
_SIGNS = re.compile("[\ue0f0-\ue0ff]")

_LINE = re.compile(r"(?:[^\S\n]|> )*([^\n]*)")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_OPENING = re.compile(r"(?<!\w)[*_~`]+(?=\S)")
_CLOSING = re.compile(r"(?<=\S)[*_~`]+(?!\w)")
_FENCE_WITHIN = re.compile("`(?=``)|(?<=`)`(?=`)")


def render(markdown: str, limit: int = LIMIT) -> tuple[str, ...]:
    """Render Markdown as texts of about limit UTF-16 units each; none for a text that shows nothing.

    Marks that a cut makes necessary come on top: a dozen units at each end of a part at most.
    Raises `ValueError` for a limit below `splitting.MIN_LIMIT`.
    """
    passages = map(_signed, lay_out(narrowed(parse(markdown), _TABLE_CELLS), DIALECT))
    return tuple(_written(part.trimmed()) for part in pack(passages, limit, _length))


def _length(text: str) -> int:
    return utf16_length(text) + 2 * len(_FENCES.findall(text))


def _signed(passage: Passage) -> Passage:
    """The passage with a sign in its text for each mark that will work, and spans that reach from sign to sign."""
    plain = replace(passage, text=_SIGNS.sub("\ufffd", passage.text))
    spans = sorted(_workable(plain), key=lambda span: (span.start, -span.end))
    signed = _insert(plain.text, spans, _apart(plain.text, spans))
    return replace(signed, gap=passage.gap, breaks=passage.breaks, marker_length=passage.marker_length,
                   head="" if "```" in passage.head else passage.head, is_title=passage.is_title)  # fmt: skip


def _workable(passage: Passage) -> Iterator[Span]:
    """The spans whose marks work, those of running text line by line."""
    text = passage.text
    for span in passage.spans:
        if span.kind == PREFORMATTED:
            yield span
        elif span.kind in _MARKS:
            pieces = (_stripped(match, span) for match in _LINE.finditer(text, span.start, span.end))
            yield from (piece for piece in pieces if _works(piece, text))


def _stripped(line: re.Match[str], span: Span) -> Span:
    start = line.start(1)
    return span._replace(start=start, end=start + len(line[1].rstrip()))


def _works(span: Span, text: str) -> bool:
    inside, around = text[span.start : span.end], text[: span.start][-1:] + text[span.end :][:1]
    if is_blank(inside) or re.search(r"\w", around):
        return False
    return span.kind != Style.CODE.value or "`" not in inside


def _apart(text: str, spans: Sequence[Span]) -> set[int]:
    """Where an invisible character keeps a written `*`, `_`, `~` or backtick from working as a mark."""
    used = Counter(_MARKS[span.kind] for span in spans)
    count = {mark: text.count(mark) + 2 * used[mark] for mark in "*_~`"}
    safe = bytearray(len(text) + 1)
    code = ((span.start, span.end) for span in spans if span.kind in _CODE)
    for start, end in (*code, *(match.span() for match in _URL.finditer(text))):
        safe[start : end + 1] = b"1" * (end + 1 - start)
    places = {match.end(): match[0] for match in _OPENING.finditer(text)}
    places |= {match.start(): match[0] for match in _CLOSING.finditer(text)}
    apart = {place for place, marks in places.items() if not safe[place] and any(count[mark] > 1 for mark in marks)}
    fenced = (span for span in spans if span.kind == PREFORMATTED)
    return apart | {match.end() for span in fenced for match in _FENCE_WITHIN.finditer(text, span.start, span.end)}


def _insert(text: str, spans: Sequence[Span], apart: Iterable[int]) -> Passage:
    """The text with its signs, the inner within the outer, and the spans where they are then."""
    opening: dict[int, list[int]] = defaultdict(list)
    closing: dict[int, list[int]] = defaultdict(list)
    for number, span in enumerate(spans):
        opening[span.start].append(number)
        closing[span.end].insert(0, number)
    written, size, before = [""], 0, 0
    starts, ends = [0] * len(spans), [0] * len(spans)
    for place in sorted({*opening, *closing, *apart}):
        size += place - before
        written.append(text[before:place])
        for number in closing[place]:
            written.append(_CLOSERS[spans[number].kind])
            ends[number] = size = size + 1
        if place in apart:
            written.append(_APART)
            size += 1
        for number in opening[place]:
            written.append(_OPENERS[spans[number].kind])
            starts[number], size = size, size + 1
        before = place
    moved = (span._replace(start=starts[number], end=ends[number]) for number, span in enumerate(spans))
    return Passage("".join((*written, text[before:])), tuple(moved))


def _written(part: Passage) -> str:
    """The text of a part with its marks, those that a cut took away put where it cut."""
    text = part.text
    missing: dict[int, str] = {}
    for span in sorted(part.spans, key=lambda span: (span.start, -span.end)):
        inside = text[span.start : span.end]
        start = span.start + len(inside) - len(inside.lstrip())
        end = span.start + len(inside.rstrip())
        if not text.startswith(_OPENERS[span.kind], span.start):
            missing[start] = missing.get(start, "") + _OPENERS[span.kind]
        if not text.endswith(_CLOSERS[span.kind], span.start, span.end):
            missing[end] = _CLOSERS[span.kind] + missing.get(end, "")
    for place in sorted(missing, reverse=True):
        text = text[:place] + missing[place] + text[place:]
    for kind, opener in _OPENERS.items():
        text = text.replace(opener + _CLOSERS[kind], "")
    return text.translate(_WRITTEN)
