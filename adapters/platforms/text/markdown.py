"""Parses Markdown (CommonMark, tables, strikethrough, task lists; raw HTML stays text) into a document."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapters.platforms.text import inlines
from adapters.platforms.text.characters import clean, is_blank
from adapters.platforms.text.document import (
    Alignment,
    Block,
    Code,
    Container,
    Content,
    Document,
    Heading,
    Item,
    Paragraph,
    Quote,
    Rule,
    Run,
    Runs,
    Table,
)

MAX_PARSED_CHARACTERS = 100_000
"""Longer texts are not parsed but taken as one plain paragraph: hostile ones would keep the parser busy for seconds."""

# CommonMark's own preset; the parser's work on unclosed brackets grows with it. A list counts twice.
_MAX_NESTING = 20
_MAX_LANGUAGE_CHARACTERS = 32
# One character outside ASCII takes up to twelve in an address.
_URL_GROWTH = 12

_ALIGNMENTS: dict[str, Alignment] = {"text-align:center": "center", "text-align:right": "right"}
_TASK = re.compile(r"\[([ xX])\]\s+")
_LANGUAGE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9+#._-]{{0,{_MAX_LANGUAGE_CHARACTERS - 1}}}(?!\S)")
_CONTAINER_MARKERS = re.compile(r"(?:[\s>*+-]|\d{1,9}[.)](?=\s))+")


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 (the parser's own name)
        """Accept every address: which may be followed is each dialect's question."""
        return True


_PARSER = _Markdown("commonmark", {"html": False, "linkify": False, "maxNesting": _MAX_NESTING})
_PARSER.enable(["table", "strikethrough"])


def parse(markdown: str) -> Document:
    """Parse a text of any size and depth; empty when a reader would see nothing."""
    source = clean(markdown)
    if len(source) > MAX_PARSED_CHARACTERS:
        return () if is_blank(source) else (Block(Paragraph((Run(source),))),)
    tokens = _PARSER.parse(source)
    document = _Builder(source, _loose_lists(tokens)).build(tokens)
    return () if all(isinstance(block.content, Rule) for block in document) else document


def _loose_lists(tokens: list[Token]) -> set[int]:
    """Find the lists, by the index of their opening token, whose items are set apart by blank lines."""
    loose: set[int] = set()
    parents: list[tuple[str, int]] = []
    for index, token in enumerate(tokens):
        if token.nesting > 0:
            if token.type == "paragraph_open" and not token.hidden and parents and parents[-1][0] == "list_item_open":
                loose.add(parents[-2][1])
            parents.append((token.type, index))
        elif token.nesting < 0:
            parents.pop()
    return loose


@dataclass(slots=True)
class _List:
    key: int
    is_tight: bool
    number: int | None


@dataclass(slots=True)
class _Grid:
    alignments: list[Alignment] = field(default_factory=list)
    rows: list[list[Runs]] = field(default_factory=list)


class _Builder:
    def __init__(self, source: str, loose: set[int]) -> None:
        self._lines = source.split("\n")
        self._loose = loose
        self._budget = inlines.UrlBudget(len(source) * _URL_GROWTH)
        self._blocks: list[Block] = []
        self._containers: list[Container] = []
        self._opened: list[tuple[Token, int]] = []
        self._lists: list[_List] = []
        self._heading = 0
        self._grid: _Grid | None = None
        self._key = 0

    def build(self, tokens: list[Token]) -> Document:
        """Take every token; each kind has its method, the others carry nothing."""
        kinds: dict[str, Callable[[Token], None]] = {
            "heading_open": self._open_heading,
            "inline": self._inline,
            "fence": self._code,
            "code_block": self._code,
            "hr": self._rule,
            "blockquote_open": self._open_quote,
            "blockquote_close": self._close_container,
            "list_item_open": self._open_item,
            "list_item_close": self._close_container,
            "bullet_list_close": self._close_list,
            "ordered_list_close": self._close_list,
            "table_open": self._open_table,
            "tr_open": self._open_row,
            "th_open": self._align,
            "table_close": self._close_table,
        }
        for index, token in enumerate(tokens):
            if token.type in ("bullet_list_open", "ordered_list_open"):
                self._open_list(token, is_tight=index not in self._loose)
            elif token.type in kinds:
                kinds[token.type](token)
        return tuple(self._blocks)

    def _add(self, content: Content) -> None:
        self._blocks.append(Block(content, tuple(self._containers)))

    def _next_key(self) -> int:
        self._key += 1
        return self._key

    def _open_heading(self, token: Token) -> None:
        self._heading = int(token.tag.removeprefix("h"))

    def _inline(self, token: Token) -> None:
        runs = inlines.read(token.children or (), self._budget)
        if self._grid is not None:
            self._grid.rows[-1].append(runs)
        elif not is_blank("".join(run.text for run in runs)):
            self._add(Heading(self._heading, runs) if self._heading else Paragraph(self._without_box(runs)))
        self._heading = 0

    def _without_box(self, runs: Runs) -> Runs:
        """Move the `[x]` that begins an item from its text to the item."""
        box = _TASK.match(runs[0].text)
        item = self._containers[-1] if self._containers else None
        is_first = bool(self._opened) and self._opened[-1][1] == len(self._blocks)
        if not (box and is_first and isinstance(item, Item) and not runs[0].marks):
            return runs
        rest = (Run(runs[0].text[box.end() :]), *runs[1:])
        self._containers[-1] = replace(item, checked=box[1] != " ")
        return tuple(run for run in rest if run.text)

    def _code(self, token: Token) -> None:
        language = _LANGUAGE.match(token.info.strip())
        text = clean(token.content).strip("\n")
        if not is_blank(text):
            self._add(Code(text, language[0] if language else ""))

    def _rule(self, _: Token) -> None:
        self._add(Rule())

    def _open_quote(self, token: Token) -> None:
        self._open_container(token, Quote(self._next_key()))

    def _open_item(self, token: Token) -> None:
        listing = self._lists[-1]
        self._open_container(token, Item(self._next_key(), listing.key, listing.number, listing.is_tight))
        if listing.number is not None:
            listing.number += 1

    def _open_container(self, token: Token, container: Container) -> None:
        self._containers.append(container)
        self._opened.append((token, len(self._blocks)))

    def _close_container(self, _: Token) -> None:
        token, first = self._opened.pop()
        if first == len(self._blocks) and token.level + 1 >= _MAX_NESTING:
            self._keep_text(token)
        self._containers.pop()

    def _keep_text(self, token: Token) -> None:
        """Keep as text what is nested too deep for the parser, which skips it."""
        first, end = token.map or (0, 0)
        text = "\n".join(_CONTAINER_MARKERS.sub("", line, count=1) for line in self._lines[first:end]).strip()
        if not is_blank(text):
            self._add(Paragraph((Run(text),)))

    def _open_list(self, token: Token, *, is_tight: bool) -> None:
        number = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None
        self._lists.append(_List(self._next_key(), is_tight, number))

    def _close_list(self, _: Token) -> None:
        self._lists.pop()

    def _open_table(self, _: Token) -> None:
        self._grid = _Grid()

    def _open_row(self, _: Token) -> None:
        if self._grid is not None:
            self._grid.rows.append([])

    def _align(self, token: Token) -> None:
        if self._grid is not None:
            style = str(token.attrs.get("style", ""))
            self._grid.alignments.append(_ALIGNMENTS.get(style, "left"))

    def _close_table(self, _: Token) -> None:
        grid, self._grid = self._grid, None
        if grid and not is_blank("".join(run.text for row in grid.rows for cell in row for run in cell)):
            header, *rows = (tuple(row) for row in grid.rows)
            self._add(Table(header, tuple(grid.alignments), tuple(rows)))
