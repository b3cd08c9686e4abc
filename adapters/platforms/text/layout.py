"""Lays a document out as text for a chat: lines, list markers, drawn tables, and spans for the formatting."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from textwrap import dedent

from adapters.platforms.text.document import (
    Code,
    Document,
    Heading,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Run,
    Style,
    Table,
    steps,
)
from adapters.platforms.text.length import CODE
from adapters.platforms.text.links import in_parentheses, is_linkable
from adapters.platforms.text.outline import BULLET, Placed, outline
from adapters.platforms.text.splitting import QUOTATION, Passage, Span
from adapters.platforms.text.table import draw

RULE = "———"
PREFORMATTED = "pre"
HEADING = "heading"
# Telegram turns a tab into one space, and drops the indentation that a message or an entity begins with.
_TAB_CELLS = 4


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a platform can show: `quote` goes before each quoted line, `schemes` are the addresses that it links.

    `bullet` begins an item of a list without numbers. Without `headings` of its own a dialect has them bold.
    """

    quote: str = ""
    schemes: frozenset[str] = frozenset()
    bullet: str = BULLET
    headings: bool = False


def lay_out(document: Document, dialect: Dialect) -> Iterator[Passage]:
    """Turn each block into a passage.

    The kinds of spans are those of `document.Style`, `pre` (its value is the language), `heading` (its value is the
    level) and `blockquote`.
    They are properly nested; code stands in no other span but a quotation, and quotations do not nest.
    """
    for placed in outline(document, dialect.quote, dialect.bullet):
        passage = _passage(placed, dialect)
        quote = next((container for container in placed.block.containers if isinstance(container, Quote)), None)
        if quote is not None and not dialect.quote:
            span = Span(0, len(passage.text), QUOTATION, str(quote.key))
            passage = replace(passage, spans=(span, *passage.spans))
        yield passage


def _passage(placed: Placed, dialect: Dialect) -> Passage:
    match placed.block.content:
        case Code(text, language):
            return _preformatted(placed, dedent(text.expandtabs(_TAB_CELLS)), language)
        case Table() as table:
            head, rows = draw(table)
            return _preformatted(placed, "\n".join((head, *rows)), head=f"{head}\n")
        case Heading(level, runs):
            return _title(placed, level, runs, dialect)
        case Paragraph(runs):
            return _prose(placed, runs, dialect)
        case Rule():
            return _prose(placed, (Run(RULE),), dialect)


def _title(placed: Placed, level: int, runs: Iterable[Run], dialect: Dialect) -> Passage:
    if not dialect.headings or placed.is_marked:
        return replace(_prose(placed, [_bold(run) for run in runs], dialect), is_title=True)
    passage = _prose(placed, runs, dialect)
    span = Span(0, len(passage.text), HEADING, str(level))
    return replace(passage, spans=(span, *passage.spans), is_title=True)


def _preformatted(placed: Placed, text: str, language: str = "", head: str = "") -> Passage:
    lead = f"{placed.lead.rstrip()}\n" if placed.is_marked else ""
    span = Span(len(lead), len(lead) + len(text), PREFORMATTED, language)
    return Passage(lead + text, (span,), placed.gap, CODE, len(lead), head)


def _prose(placed: Placed, runs: Iterable[Run], dialect: Dialect) -> Passage:
    texts = [placed.lead]
    spans: list[Span] = []
    opened: list[tuple[int, int]] = []
    position = len(placed.lead)
    for step in steps(_alone(run, dialect) for run in runs):
        for mark in step.closes:
            start, first = opened.pop()
            if mark.url and not is_linkable(mark.url, dialect.schemes):
                texts.append(in_parentheses("".join(texts[first:]), mark.url))
                position += len(texts[-1])
            else:
                spans.append(Span(start, position, mark.style, mark.url))
        opened += [(position, len(texts))] * len(step.opens)
        texts.append(step.text.replace("\n", f"\n{placed.rest}"))
        position += len(texts[-1])
    spans.sort(key=lambda span: (span.start, -span.end))
    return Passage("".join(texts), tuple(spans), placed.gap, marker_length=len(placed.lead))


def _bold(run: Run) -> Run:
    bold = Mark(Style.BOLD)
    return Run(run.text, (bold, *(mark for mark in run.marks if mark != bold)))


def _alone(run: Run, dialect: Dialect) -> Run:
    """Let code give way to a link around it, and every other style give way to code."""
    if not any(mark.style is Style.CODE for mark in run.marks):
        return run
    if any(is_linkable(mark.url, dialect.schemes) for mark in run.marks):
        return Run(run.text, tuple(mark for mark in run.marks if mark.style is not Style.CODE))
    return Run(run.text, tuple(mark for mark in run.marks if mark.style is Style.CODE or mark.url))
