"""`parse_mode: MarkdownV2` and the older `Markdown`, after https://core.telegram.org/bots/api#markdownv2-style."""

from dataclasses import dataclass
from typing import NoReturn

from simulator.telegram.formatting import units
from simulator.telegram.refusals import bad_request
from simulator.wire import Object

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")


@dataclass(frozen=True)
class Dialect:
    """Which marks a dialect knows, longest first, and whether other special characters must be escaped."""

    marks: tuple[tuple[str, str], ...]
    reserved: frozenset[str]
    escapable: frozenset[str] | None = None


V2 = Dialect((("||", "spoiler"), ("__", "underline"), ("_", "italic"), ("*", "bold"), ("~", "strikethrough")), RESERVED)
LEGACY = Dialect((("_", "italic"), ("*", "bold")), frozenset(), frozenset("_*`["))


class _Scanner:
    def __init__(self, source: str, dialect: Dialect) -> None:
        self.source = source
        self.dialect = dialect
        self.at = 0
        self.text = ""
        self.entities: list[Object] = []
        self.open: list[tuple[str, str, int, int]] = []

    def scan(self) -> None:
        while self.at < len(self.source):
            if not (self._escaped() or self._code() or self._quote() or self._mark() or self._link()):
                self._plain()
        self._close_quote()
        if self.open:
            _, kind, _, start = self.open[-1]
            self._unclosed(kind.capitalize(), start)

    def _here(self, what: str) -> bool:
        return self.source.startswith(what, self.at)

    def _escaped(self) -> bool:
        following = self.source[self.at + 1 : self.at + 2]
        may = self.dialect.escapable is None or following in self.dialect.escapable
        if self.source[self.at] != "\\" or not following or not 1 <= ord(following) <= 126 or not may:
            return False
        self.text += following
        self.at += 2
        return True

    def _code(self) -> bool:
        fence = "```" if self._here("```") else "`"
        if not self._here(fence):
            return False
        start, kind = self.at, "pre" if fence == "```" else "code"
        end = self._find(fence, start + len(fence))
        if end < 0:
            self._unclosed(kind.capitalize(), start)
        content = self.source[start + len(fence) : end]
        entity: Object = {"type": kind, "offset": units(self.text)}
        if kind == "pre":
            first, line_end, rest = content.partition("\n")
            if line_end and first and first.replace("-", "").replace("+", "").replace("#", "").isalnum():
                entity["language"] = first
                content = rest
        self._append(entity, content.replace("\\`", "`").replace("\\\\", "\\"))
        self.at = end + len(fence)
        return True

    def _quote(self) -> bool:
        if self.source[self.at] == "\n":
            following = self.source[self.at + 1 : self.at + 2]
            if following == ">" and self._in_quote():
                self.text += "\n"
                self.at += 2
                return True
            self._close_quote()
            return False
        starts_line = self.at == 0 or self.source[self.at - 1] == "\n"
        if self.dialect is LEGACY or not starts_line or not self._here(">"):
            return False
        self.open.append(("\n", "blockquote", units(self.text), self.at))
        self.at += 1
        return True

    def _in_quote(self) -> bool:
        return bool(self.open) and self.open[-1][0] == "\n"

    def _close_quote(self) -> None:
        if self._in_quote():
            self._close()

    def _mark(self) -> bool:
        for mark, kind in self.dialect.marks:
            if not self._here(mark):
                continue
            if self.open and self.open[-1][0] == mark:
                self._close()
            else:
                self.open.append((mark, kind, units(self.text), self.at))
            self.at += len(mark)
            return True
        return False

    def _link(self) -> bool:
        if self._here("["):
            self.open.append(("]", "text_link", units(self.text), self.at))
            self.at += 1
            return True
        if not self._here("]") or not self.open or self.open[-1][0] != "]":
            return False
        start, end = self.at, -1
        if self._here("]("):
            end = self._find(")", start + 2)
            if end < 0:
                self._unclosed("a URL", start + 1, article=False)
        url = self.source[start + 2 : end].replace("\\)", ")").replace("\\\\", "\\") if end >= 0 else ""
        self._close({"url": url} if url else None)
        self.at = max(end, start) + 1
        return True

    def _find(self, what: str, start: int) -> int:
        end = self.source.find(what, start)
        while end > 0 and self.source[end - 1] == "\\" and self.source[end - 2 : end] != "\\\\":
            end = self.source.find(what, end + 1)
        return end

    def _plain(self) -> None:
        character = self.source[self.at]
        if character in self.dialect.reserved:
            raise bad_request(
                f"can't parse entities: Character '{character}' is reserved and must be escaped with the preceding '\\'"
            )
        self.text += character
        self.at += 1

    def _close(self, fields: Object | None = None) -> None:
        _, kind, offset, _ = self.open.pop()
        length = units(self.text) - offset
        if length and (kind != "text_link" or fields):
            self.entities.append({"type": kind, "offset": offset, "length": length, **(fields or {})})

    def _append(self, entity: Object, content: str) -> None:
        if content:
            self.text += content
            self.entities.append({**entity, "length": units(content)})

    def _unclosed(self, what: str, start: int, *, article: bool = True) -> NoReturn:
        offset = len(self.source[:start].encode())
        name = f"{what} entity" if article else what
        raise bad_request(f"can't parse entities: Can't find end of {name} at byte offset {offset}")


def parse_markdown(source: str, dialect: Dialect) -> tuple[str, list[Object]]:
    """The text without its marks, and the entities that they stood for."""
    scanner = _Scanner(source, dialect)
    scanner.scan()
    return scanner.text, scanner.entities
