"""`parse_mode: HTML`, as https://core.telegram.org/bots/api#html-style describes it."""

import html
from html.parser import HTMLParser

from simulator.telegram.formatting import units
from simulator.telegram.refusals import Refused, bad_request
from simulator.wire import Object

TAG_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
NAMED_REFERENCES = frozenset({"lt", "gt", "amp", "quot"})


class _Markup(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self._lines = source.split("\n")
        self.text = ""
        self.entities: list[Object] = []
        self.open: list[tuple[str, Object]] = []

    def byte_offset(self) -> int:
        line, column = self.getpos()
        before = "\n".join([*self._lines[: line - 1], self._lines[line - 1][:column]])
        return len(before.encode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in TAG_TYPES or (tag == "span" and given.get("class") != "tg-spoiler"):
            raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {self.byte_offset()}')
        entity: Object = {"type": TAG_TYPES[tag], "offset": units(self.text)}
        if tag == "a" and given.get("href"):
            entity["url"] = given["href"]
        if tag == "tg-emoji":
            entity["custom_emoji_id"] = given.get("emoji-id") or ""
        if tag == "blockquote" and "expandable" in given:
            entity["type"] = "expandable_blockquote"
        language = (given.get("class") or "").removeprefix("language-")
        if tag == "code" and language and self.open and self.open[-1][0] == "pre":
            self.open[-1][1]["language"] = language
        self.open.append((tag, entity))

    def handle_endtag(self, tag: str) -> None:
        if not self.open:
            raise _unparsable(f"Unexpected end tag at byte offset {self.byte_offset()}")
        opened, entity = self.open.pop()
        if opened != tag:
            raise _unparsable(
                f'Unmatched end tag at byte offset {self.byte_offset()}, expected "</{opened}>", found "</{tag}>"'
            )
        offset = entity["offset"]
        assert isinstance(offset, int)
        length = units(self.text) - offset
        is_code_in_pre = tag == "code" and bool(self.open) and self.open[-1][0] == "pre"
        is_plain_link = tag == "a" and "url" not in entity
        if length and not is_code_in_pre and not is_plain_link:
            self.entities.append({**entity, "length": length})

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise _unparsable(f'Unsupported start tag "" at byte offset {self.byte_offset()}')
        self.text += data

    def handle_entityref(self, name: str) -> None:
        self.text += html.unescape(f"&{name};") if name in NAMED_REFERENCES else f"&{name};"

    def handle_charref(self, name: str) -> None:
        self.text += html.unescape(f"&#{name};")


def parse_html(source: str) -> tuple[str, list[Object]]:
    """The text without its tags, and the entities that they stood for."""
    markup = _Markup(source)
    markup.feed(source)
    markup.close()
    if markup.open:
        raise _unparsable(f'Can\'t find end tag corresponding to start tag "{markup.open[-1][0]}"')
    return markup.text, markup.entities


def _unparsable(why: str) -> Refused:
    return bad_request(f"can't parse entities: {why}")
