"""The words of an HTML page, with its headings and paragraphs; scripts, styles and markup are left out."""

import re
from html.parser import HTMLParser

_SILENT = frozenset({"script", "style", "template", "noscript", "head", "svg", "iframe", "object"})
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "ul", "ol", "table", "blockquote",
     "pre", "figure", "dl", "form", "fieldset", "h1", "h2", "h3", "h4", "h5", "h6"}
)  # fmt: skip
_LINES = frozenset({"br", "li", "tr", "dt", "dd", "hr"})
_HEADING = re.compile(r"h([1-6])")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, or what says nothing."""
        if tag in _SILENT:
            self._silent.append(tag)
        elif heading := _HEADING.fullmatch(tag):
            self.pieces.append(f"\n\n{'#' * int(heading[1])} ")
        elif tag in _BLOCKS:
            self.pieces.append("\n\n")
        elif tag in _LINES:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        elif tag in _BLOCKS:
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        """Words; line breaks in the source are blanks."""
        if not self._silent:
            self.pieces.append(re.sub(r"\s+", " ", data))


def html_to_text(html: str) -> str:
    """The page's words as Markdown of headings and paragraphs."""
    words = _Words()
    words.feed(html)
    words.close()
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in "".join(words.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
