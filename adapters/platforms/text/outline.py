"""Gives each block of a document its place on the page: the gap above it, its list markers, its indentation."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from adapters.platforms.text.document import Block, Container, Document, Item, Quote, shared_length

BULLET = "• "
BOXES: Mapping[bool, str] = {True: "☑ ", False: "☐ "}
"""What a done and an open task begin with."""

# Phones are narrow, and a line break in a deeply nested item must not multiply the text.
_MAX_INDENTATION = 24


class Placed(NamedTuple):
    """A block with what stands above it (`gap`), before its first line (`lead`) and before the others (`rest`).

    `is_marked` says that lead holds a list marker: the block is the first of its item.
    """

    block: Block
    gap: str
    lead: str
    rest: str
    is_marked: bool


def outline(document: Document, quote: str = "", bullet: str = BULLET) -> Iterator[Placed]:
    """Place every block; quote is what a dialect writes before each quoted line."""
    before: tuple[Container, ...] = ()
    for block in document:
        kept = shared_length(before, block.containers)
        lead, rest = "", ""
        for depth, container in enumerate(block.containers):
            first, further = _prefix(container, quote, bullet)
            lead = lead + first if depth >= kept else (lead + further)[:_MAX_INDENTATION]
            rest = (rest + further)[:_MAX_INDENTATION]
        is_marked = any(isinstance(container, Item) for container in block.containers[kept:])
        yield Placed(block, _gap(before, block.containers, kept), lead, rest, is_marked)
        before = block.containers


def _prefix(container: Container, quote: str, bullet: str) -> tuple[str, str]:
    """Return what a container puts before the first line of its first block, and before every other line."""
    if isinstance(container, Quote):
        return quote, quote
    marker = bullet if container.number is None else f"{container.number}. "
    indentation = " " * len(marker)
    if container.checked is not None:
        box = BOXES[container.checked]
        marker = box if container.number is None else marker + box
    return marker, indentation


def _gap(before: tuple[Container, ...], here: tuple[Container, ...], kept: int) -> str:
    if len(before) > kept < len(here):
        left, right = before[kept], here[kept]
        if isinstance(left, Item) and isinstance(right, Item) and left.list_key == right.list_key:
            return "\n" if right.is_tight else "\n\n"
    around = here[kept - 1] if kept else None
    return "\n" if isinstance(around, Item) and around.is_tight else "\n\n"
