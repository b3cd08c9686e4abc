"""The form between Markdown and the dialects: a flat sequence of blocks whose leaf content is styled runs.

Nesting is written on each block as its containers, outermost first, and on each run as its marks, outermost first.
So no renderer has to recurse, however deep the source was nested.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple


class Style(StrEnum):
    """How a run looks."""

    BOLD = "bold"
    ITALIC = "italic"
    STRIKETHROUGH = "strikethrough"
    CODE = "code"
    LINK = "link"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Mark:
    """One style around a run; links and images carry the address as the author wrote it, safe or not."""

    style: Style
    url: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text with the same marks; a line feed is a line break; no two marks share a style."""

    text: str
    marks: tuple[Mark, ...] = ()


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation around blocks; key tells it from its neighbours."""

    key: int


@dataclass(frozen=True, slots=True)
class Item:
    """A list item around blocks: `number` for an ordered list, `checked` for a task."""

    key: int
    list_key: int
    number: int | None
    is_tight: bool
    checked: bool | None = None


Container = Quote | Item


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class Heading:
    """A title of level 1 to 6."""

    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Code:
    """Preformatted text; language is empty or one word that is safe in every dialect."""

    text: str
    language: str = ""


Alignment = Literal["left", "center", "right"]
Row = tuple[Runs, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A grid: header, alignments and each row have the same number of cells."""

    header: Row
    alignments: tuple[Alignment, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A thematic break."""


Content = Paragraph | Heading | Code | Table | Rule


@dataclass(frozen=True, slots=True)
class Block:
    """One leaf of the document, and what it stands in."""

    content: Content
    containers: tuple[Container, ...] = ()


Document = tuple[Block, ...]


class Step(NamedTuple):
    """What happens before a run, innermost end first and outermost begin first, and its text."""

    closes: tuple[Mark, ...]
    opens: tuple[Mark, ...]
    text: str


def steps(runs: Iterable[Run]) -> Iterator[Step]:
    """Walk runs as properly nested marks; the last step only closes."""
    current: tuple[Mark, ...] = ()
    for run in runs:
        kept = shared_length(current, run.marks)
        yield Step(current[kept:][::-1], run.marks[kept:], run.text)
        current = run.marks
    yield Step(current[::-1], (), "")


def shared_length(one: tuple[object, ...], other: tuple[object, ...]) -> int:
    """Count the leading elements that two nestings share."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
