"""Webchat: sanitised HTML with the few elements that the widget styles."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape

import nh3

from adapters.platforms.text.document import (
    Block,
    Code,
    Container,
    Heading,
    Item,
    Mark,
    Paragraph,
    Row,
    Rule,
    Run,
    Style,
    Table,
    shared_length,
    steps,
)
from adapters.platforms.text.layout import RULE
from adapters.platforms.text.links import WEB_SCHEMES, in_parentheses, is_linkable
from adapters.platforms.text.markdown import parse
from adapters.platforms.text.outline import BOXES

_TEXT_TAGS = frozenset({"p", "br", "strong", "em", "del", "code", "a"})
_BLOCK_TAGS = frozenset({"pre", "blockquote", "ul", "ol", "li", "h3", "h4"})
_TABLE_TAGS = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
TAGS = _TEXT_TAGS | _BLOCK_TAGS | _TABLE_TAGS
"""All that a widget has to be ready for."""

_STYLE_TAGS = {Style.BOLD: "strong", Style.ITALIC: "em", Style.STRIKETHROUGH: "del", Style.CODE: "code"}
_LAST_MAIN_LEVEL = 2

# The markup below is safe by construction; the sanitiser makes sure that a slip here harms nobody.
_SANITISER = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes=WEB_SCHEMES,
    url_relative="deny",
    link_rel="noopener nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def render(markdown: str) -> str:
    """Render Markdown as HTML; empty for a text that shows nothing."""
    return _SANITISER.clean("".join(_blocks(parse(markdown))))


@dataclass(frozen=True, slots=True)
class _Element:
    """An open element; key tells it from a neighbour with the same tag."""

    key: int
    tag: str
    start: int | None = field(default=None, compare=False)

    def opening(self) -> str:
        """Return the start tag; an ordered list says its first number unless that is 1."""
        return f"<{self.tag}>" if self.start in (None, 1) else f'<{self.tag} start="{self.start}">'


def _blocks(document: Iterable[Block]) -> Iterator[str]:
    current: tuple[_Element, ...] = ()
    for block in document:
        here = tuple(_elements(block.containers))
        kept = shared_length(current, here)
        yield from (f"</{element.tag}>" for element in reversed(current[kept:]))
        yield from (element.opening() for element in here[kept:])
        yield _content(block, is_first=len(here) > kept)
        current = here
    yield from (f"</{element.tag}>" for element in reversed(current))


def _elements(containers: Iterable[Container]) -> Iterator[_Element]:
    for container in containers:
        if isinstance(container, Item):
            yield _Element(container.list_key, "ul" if container.number is None else "ol", container.number)
            yield _Element(container.key, "li")
        else:
            yield _Element(container.key, "blockquote")


def _content(block: Block, *, is_first: bool) -> str:
    match block.content:
        case Paragraph(runs):
            return _paragraph(block, _inline(runs), is_first=is_first)
        case Heading(level, runs):
            tag = "h3" if level <= _LAST_MAIN_LEVEL else "h4"
            return f"<{tag}>{_inline(runs)}</{tag}>"
        case Code(text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case Table(header, _, rows):
            body = "".join(_row(row, "td") for row in rows)
            return f"<table><thead>{_row(header, 'th')}</thead><tbody>{body}</tbody></table>"
        case Rule():
            return f"<p>{RULE}</p>"


def _paragraph(block: Block, inner: str, *, is_first: bool) -> str:
    item = block.containers[-1] if block.containers else None
    if not isinstance(item, Item):
        return f"<p>{inner}</p>"
    box = BOXES[item.checked] if is_first and item.checked is not None else ""
    return f"{box}{inner}" if item.is_tight else f"<p>{box}{inner}</p>"


def _row(cells: Row, tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_inline(cell)}</{tag}>' for cell in cells)}</tr>"


def _inline(runs: Iterable[Run]) -> str:
    pieces: list[str] = []
    shown: list[str] = []
    opened: list[int] = []
    for step in steps(runs):
        pieces += [_end(mark, "".join(shown[opened.pop() :])) for mark in step.closes]
        for mark in step.opens:
            opened.append(len(shown))
            pieces.append(_begin(mark))
        shown.append(step.text)
        pieces.append(escape(step.text).replace("\n", "<br>"))
    return "".join(pieces)


def _begin(mark: Mark) -> str:
    if not mark.url:
        return f"<{_STYLE_TAGS[mark.style]}>"
    return f'<a href="{escape(mark.url)}">' if is_linkable(mark.url, WEB_SCHEMES) else ""


def _end(mark: Mark, text: str) -> str:
    if not mark.url:
        return f"</{_STYLE_TAGS[mark.style]}>"
    return "</a>" if is_linkable(mark.url, WEB_SCHEMES) else escape(in_parentheses(text, mark.url))
