"""Tables on stdout: as wide as the terminal, or wide enough to be read by a program."""

import sys

from rich.console import Console
from rich.table import Table

_PIPED_COLUMNS = 240


def plain(*headings: str) -> Table:
    """A table without lines."""
    return Table(*headings, box=None, show_header=bool(headings), pad_edge=False)


def print_table(table: Table) -> None:
    """Prints the table; square brackets in a cell are what they are."""
    width = None if sys.stdout.isatty() else _PIPED_COLUMNS
    Console(markup=False, width=width).print(table)
