"""Tables for narrow screens: one that would not fit becomes lines of `title: value`, a paragraph for each row."""

from collections.abc import Iterator

from adapters.platforms.text.characters import display_width, is_blank
from adapters.platforms.text.document import Block, Document, Mark, Paragraph, Run, Runs, Style, Table
from adapters.platforms.text.table import draw

_BOLD = Mark(Style.BOLD)


def narrowed(document: Document, max_cells: int) -> Document:
    """The document with every table that is drawn wider than this written as lines; 0 leaves no table."""
    return tuple(narrow for block in document for narrow in _narrowed(block, max_cells))


def _narrowed(block: Block, max_cells: int) -> Iterator[Block]:
    table = block.content
    if not isinstance(table, Table) or _width(table) <= max_cells:
        yield block
        return
    for row in table.rows or (table.header,):
        runs = tuple(run for pair in zip(table.header, row, strict=True) for run in _line(*pair, alone=not table.rows))
        yield Block(Paragraph(runs[1:]), block.containers)


def _width(table: Table) -> int:
    head, rows = draw(table)
    return max(map(display_width, (*head.split("\n"), *rows)))


def _line(title: Runs, value: Runs, *, alone: bool) -> Iterator[Run]:
    """A line, and the line break before it; nothing for an empty cell."""
    if is_blank("".join(run.text for run in value)):
        return
    yield Run("\n")
    if not alone and not is_blank("".join(run.text for run in title)):
        yield from (Run(run.text, (_BOLD, *(mark for mark in run.marks if mark != _BOLD))) for run in title)
        yield Run(": ")
    yield from value
