"""Messenger: plain text, with what marks a quotation or code written into it.

A quotation stands between quotation marks, code is indented, tables are lines of `title: value`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from adapters.platforms.text.document import Block, Code, Content, Document, Heading, Paragraph, Quote, Rule, Run
from adapters.platforms.text.layout import PREFORMATTED, RULE, Dialect, lay_out
from adapters.platforms.text.length import PROSE, Breaks, utf16_length
from adapters.platforms.text.markdown import parse
from adapters.platforms.text.narrow import narrowed
from adapters.platforms.text.splitting import Passage, pack

LIMIT = 1950
"""UTF-16 units: within 2,000, whether code points or units are counted."""

DIALECT = Dialect()
_INDENTATION = " " * 4
_LINE = re.compile(r"^(?=.*\S)", re.MULTILINE)
_QUOTATION_MARK = '"'
_INDENTED_CODE: Breaks = (
    re.compile(rf"(?=\n\s*\n{_INDENTATION}\S)"),
    re.compile(rf"(?=\n{_INDENTATION}[^\s)}}\]])"),
    *PROSE[1:],
)


def render(markdown: str, limit: int = LIMIT) -> tuple[str, ...]:
    """Render Markdown as texts of at most limit UTF-16 units each; none for a text that shows nothing.

    Raises `ValueError` for a limit below `splitting.MIN_LIMIT`.
    """
    document = tuple(_quoted(narrowed(parse(markdown), 0)))
    parts = pack(map(_indented, lay_out(document, DIALECT)), limit, utf16_length)
    return tuple(part.text.rstrip() for part in parts)


def _quoted(document: Document) -> Iterator[Block]:
    """The document with a quotation mark where a quotation begins and where it ends."""
    around = ((), *(block.containers for block in document), ())
    for place, block in enumerate(document):
        before, here, after = around[place : place + 3]
        quotes = [container for container in here if isinstance(container, Quote)]
        opening = sum(quote not in before for quote in quotes)
        closing = sum(quote not in after for quote in quotes)
        yield replace(block, content=_between(block.content, _QUOTATION_MARK * opening, _QUOTATION_MARK * closing))


def _between(content: Content, opening: str, closing: str) -> Content:
    match content:
        case Paragraph(runs) | Heading(_, runs) if opening or closing:
            return replace(content, runs=(Run(opening), *runs, Run(closing)))
        case Code(text, language) if opening or closing:
            return Code(f"{opening}{text}{closing}", language)
        case Rule() if opening or closing:
            return Paragraph((Run(f"{opening}{RULE}{closing}"),))
    return content


def _indented(passage: Passage) -> Passage:
    """Plain text; each line of code begins with white space."""
    code = next((span for span in passage.spans if span.kind == PREFORMATTED), None)
    if code is None:
        return replace(passage, spans=())
    text = passage.text[: code.start] + _LINE.sub(_INDENTATION, passage.text[code.start :])
    return replace(passage, text=text, spans=(), breaks=_INDENTED_CODE)
