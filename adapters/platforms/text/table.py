"""Draws a table for a monospace font."""

from collections.abc import Sequence

from adapters.platforms.text.characters import display_width
from adapters.platforms.text.document import Alignment, Runs, Table
from adapters.platforms.text.links import in_parentheses

# A longer cell pushes its own row to the right instead of widening all the others.
_MAX_COLUMN_CELLS = 40


def draw(table: Table) -> tuple[str, tuple[str, ...]]:
    """Return the head (two lines: titles and a rule) and the rows, aligned in columns by display width."""
    grid = [[cell_text(cell) for cell in row] for row in (table.header, *table.rows)]
    sizes = [[display_width(text) for text in row] for row in grid]
    widths = [min(max(column), _MAX_COLUMN_CELLS) for column in zip(*sizes, strict=True)]
    titles, *rows = (_line(*row, widths, table.alignments) for row in zip(grid, sizes, strict=True))
    rule = "-+-".join("-" * width for width in widths)
    return f"{titles}\n{rule}", tuple(rows)


def cell_text(runs: Runs) -> str:
    """Return what a cell says on one line, with the addresses of its links."""
    texts: list[str] = []
    for run in runs:
        url = next((mark.url for mark in run.marks if mark.url), "")
        text = run.text.replace("\n", " ")
        texts.append(text + in_parentheses(text, url) if url else text)
    return "".join(texts).strip()


def _line(texts: Sequence[str], sizes: Sequence[int], widths: Sequence[int], alignments: Sequence[Alignment]) -> str:
    cells = [
        _pad(text, max(0, width - size), alignment)
        for text, size, width, alignment in zip(texts, sizes, widths, alignments, strict=True)
    ]
    return " | ".join(cells).rstrip()


def _pad(text: str, missing: int, alignment: Alignment) -> str:
    before = {"left": 0, "center": missing // 2, "right": missing}[alignment]
    return " " * before + text + " " * (missing - before)
