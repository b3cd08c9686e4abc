"""Packs laid-out blocks into parts that fit a platform's limit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from adapters.platforms.text.characters import is_blank, skip_space
from adapters.platforms.text.length import PROSE, Breaks, Measure, cut

# Even one character outside the basic plane takes two units.
MIN_LIMIT = 2

QUOTATION = "blockquote"
"""The kind of span that goes over several passages; its value tells one quotation from the next."""


class Span(NamedTuple):
    """A kind of formatting over `text[start:end]`, with the address, language or key that belongs to it."""

    start: int
    end: int
    kind: str
    value: str = ""

    def moved(self, distance: int) -> "Span":
        """Return the span shifted to the right."""
        return self._replace(start=self.start + distance, end=self.end + distance)


@dataclass(frozen=True, slots=True)
class Passage:
    """A laid-out block, or a piece of one, or a part of a message: text and the spans over it, in code points."""

    text: str
    spans: tuple[Span, ...] = ()
    gap: str = ""
    """What stands between this passage and the one before, unless a part begins here."""
    breaks: Breaks = PROSE
    marker_length: int = 0
    """How much of the beginning is a list marker, which is never left alone."""
    head: str = ""
    """What every further piece repeats: the head of a table."""
    is_title: bool = False
    """Whether the passage belongs to what follows."""

    def piece(self, start: int, end: int, head: str) -> "Passage":
        """Return `text[start:end]` under head, with the spans clipped to it."""
        spans = (
            span._replace(
                start=0 if span.start <= start else span.start - start + len(head),
                end=min(span.end, end) - start + len(head),
            )
            for span in self.spans
            if span.start < end and span.end > start
        )
        return replace(self, text=head + self.text[start:end], spans=tuple(spans), gap="\n" if start else self.gap)

    def trimmed(self) -> "Passage":
        """Return the passage without white space around its text."""
        start = skip_space(self.text, 0)
        return self.piece(start, max(start, len(self.text.rstrip())), "")


def pack(passages: Iterable[Passage], limit: int, measure: Measure) -> Iterator[Passage]:
    """Fill parts with passages in their order; one over the limit is cut (`length.cut`).

    No part is blank, none is over the limit, and a title goes with what follows it where both fit one part.
    Raises `ValueError` for a limit that one character could exceed.
    """
    if limit < MIN_LIMIT:
        raise ValueError(f"the limit of a part is {limit!r}; give at least {MIN_LIMIT}, the length of one emoji")
    buffer: list[Passage] = []
    size = 0
    for passage in passages:
        for piece in _pieces(passage, limit, measure):
            added = measure(piece.gap) + measure(piece.text)
            if buffer and size + added > limit:
                full, buffer = _flush(buffer, limit - added, measure)
                yield join(full)
                size = _size(buffer, measure)
            size += added if buffer else measure(piece.text)
            buffer.append(piece)
    if buffer:
        yield join(buffer)


def join(passages: list[Passage]) -> Passage:
    """Put passages under each other; a quotation that goes on in the next passage becomes one span."""
    texts: list[str] = []
    spans: list[Span] = []
    quotation: int | None = None
    position = 0
    for number, passage in enumerate(passages):
        gap = passage.gap if number else ""
        position += len(gap)
        texts += [gap, passage.text]
        goes_on = None
        for span in (span.moved(position) for span in passage.spans):
            if quotation is not None and spans[quotation][2:] == span[2:]:
                spans[quotation] = spans[quotation]._replace(end=span.end)
                goes_on = quotation
            else:
                spans.append(span)
                goes_on = len(spans) - 1 if span.kind == QUOTATION else goes_on
        quotation = goes_on
        position += len(passage.text)
    return Passage("".join(texts), tuple(spans))


def _flush(buffer: list[Passage], room: int, measure: Measure) -> tuple[list[Passage], list[Passage]]:
    """Split off the part that is full; titles at its end stay in the buffer when there is room for them."""
    end = len(buffer)
    while end and buffer[end - 1].is_title:
        end -= 1
    if end and _size(buffer[end:], measure) <= room:
        return buffer[:end], buffer[end:]
    return buffer, []


def _size(passages: list[Passage], measure: Measure) -> int:
    return sum(
        measure(passage.text) + (measure(passage.gap) if number else 0) for number, passage in enumerate(passages)
    )


def _pieces(passage: Passage, limit: int, measure: Measure) -> Iterator[Passage]:
    text = passage.text
    if measure(text) <= limit:
        if not is_blank(text):
            yield passage
        return
    head = passage.head if measure(passage.head) <= limit // 2 else ""
    start, repeated = 0, ""
    while start < len(text):
        room = limit - measure(repeated)
        end = cut(text, start, room, measure, passage.breaks, start or passage.marker_length)
        if not is_blank(text[start:end]):
            yield passage.piece(start, end, repeated)
        start, repeated = _next_start(text, end, passage.breaks), head


def _next_start(text: str, end: int, breaks: Breaks) -> int:
    """Skip the white space at a cut, but in code only the line feeds: indentation means something there."""
    if breaks is PROSE:
        return skip_space(text, end)
    while end < len(text) and text[end] == "\n":
        end += 1
    return end
