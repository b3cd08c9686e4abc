"""From the inline tokens of one paragraph, heading or cell to styled runs."""

from collections import Counter
from collections.abc import Sequence

from markdown_it.token import Token

from adapters.platforms.text.characters import clean, is_blank
from adapters.platforms.text.document import Mark, Run, Runs, Style
from adapters.platforms.text.links import MAX_URL_CHARACTERS

_STYLES = {"strong": Style.BOLD, "em": Style.ITALIC, "s": Style.STRIKETHROUGH, "link": Style.LINK}


class UrlBudget:
    """Bounds all addresses of one document: a short reference repeated often would else multiply a long address."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def take(self, url: str) -> str:
        """Return the address, or nothing when it is too long or the document has used up its share."""
        if len(url) > min(MAX_URL_CHARACTERS, self._left):
            return ""
        self._left -= len(url)
        return url


def read(tokens: Sequence[Token], budget: UrlBudget) -> Runs:
    """Turn inline tokens into runs; neighbours with the same marks are one run."""
    reader = _Reader(budget)
    for token in tokens:
        reader.take(token)
    return reader.runs()


class _Reader:
    def __init__(self, budget: UrlBudget) -> None:
        self._budget = budget
        self._depth: Counter[Style] = Counter()
        self._marks: list[Mark] = []
        self._pieces: list[tuple[str, tuple[Mark, ...]]] = []
        self._link_start = 0

    def take(self, token: Token) -> None:
        name, _, end = token.type.rpartition("_")
        if name in _STYLES:
            self._open(token, _STYLES[name]) if end == "open" else self._close(_STYLES[name])
        elif token.type == "code_inline":
            self._add(token.content, Mark(Style.CODE))
        elif token.type == "image":
            self._image(token)
        elif token.type in ("softbreak", "hardbreak"):
            self._add("\n")
        else:
            self._add(token.content)

    def runs(self) -> Runs:
        """Merge what was taken."""
        merged: list[tuple[list[str], tuple[Mark, ...]]] = []
        for text, marks in self._pieces:
            if merged and merged[-1][1] == marks:
                merged[-1][0].append(text)
            else:
                merged.append(([text], marks))
        return tuple(Run("".join(texts), marks) for texts, marks in merged)

    def _open(self, token: Token, style: Style) -> None:
        self._depth[style] += 1
        if self._depth[style] > 1:
            return
        url = self._budget.take(str(token.attrs.get("href", "")))
        if style is not Style.LINK or url:
            self._marks.append(Mark(style, url))
        if style is Style.LINK:
            self._link_start = len(self._pieces)

    def _close(self, style: Style) -> None:
        self._depth[style] -= 1
        if self._depth[style]:
            return
        if style is Style.LINK:
            self._name_link()
        self._marks = [mark for mark in self._marks if mark.style is not style]

    def _name_link(self) -> None:
        url = next((mark.url for mark in self._marks if mark.style is Style.LINK), "")
        if is_blank("".join(text for text, marks in self._pieces[self._link_start :])):
            self._add(url)

    def _image(self, token: Token) -> None:
        url = self._budget.take(str(token.attrs.get("src", "")))
        alternative = _plain(token.children or ())
        if not url or self._depth[Style.LINK]:
            self._add(alternative)
        else:
            self._add(url if is_blank(alternative) else alternative, Mark(Style.IMAGE, url))

    def _add(self, text: str, *marks: Mark) -> None:
        text = clean(text)
        if text:
            self._pieces.append((text, (*self._marks, *marks)))


def _plain(tokens: Sequence[Token]) -> str:
    pending = list(reversed(tokens))
    texts: list[str] = []
    while pending:
        token = pending.pop()
        if token.type == "image":
            pending.extend(reversed(token.children or ()))
        else:
            texts.append(" " if token.type.endswith("break") else token.content)
    return "".join(texts)
