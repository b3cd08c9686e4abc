"""What holds for any text at all."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.platforms.text import html, messenger, plain, telegram
from adapters.platforms.text.characters import boundaries, is_blank
from adapters.platforms.text.length import utf16_length
from adapters.platforms.text.telegram import Entity, TelegramText

EMPHASIS = ["**", "*", "_", "~~", "`", "<b>", "\\", "&amp;", "&#8238;", "&#32;"]
BLOCKS = [
    "```",
    "\n```py\n",
    "> ",
    "- ",
    "1. ",
    "7. ",
    "# ",
    "---",
    "    ",
    "[x] ",
    "\t",
    " ",
    "\n",
    "\n\n",
    "\r\n",
    "  \n",
]
LINKS = ["[", "![", "](http://x.y)", "](javascript:x)", "](/z)", "<a@b.c>", "\n\n[r]: http://r.r/ü\n\n", "[r]"]
LETTERS = [
    "a",
    "word. ",
    "é",
    "日本。",
    "क्ष",
    "😀",
    "👨\u200d👩\u200d👧",
    "e\u0301",
    "\u0301",
    "🇩🇪",
    "\u0600",
    "\u200d",
]
ODDITIES = ["\u202e", "\ud800", "\x00", "\u200b", "\u00a0"]
TABLES = ["\n|a|b|\n|-|:-:|\n", "|c|\n", "|日|`|`|\n", "|"]

fragments = st.sampled_from([*EMPHASIS, *BLOCKS, *LINKS, *LETTERS, *ODDITIES]) | st.text(max_size=4)
flowing = st.lists(fragments, max_size=40).map("".join).filter(lambda text: "|" not in text)
anything = st.lists(fragments | st.sampled_from(TABLES), max_size=40).map("".join)
limits = st.integers(2, 60) | st.just(4000)
any_text = settings(deadline=None, max_examples=80)

NESTING = {"bold", "italic", "strikethrough", "text_link"}
WHOLE = 10**9


def visible(text: str) -> str:
    """The text without what nobody sees."""
    return "".join(character for character in text if not is_blank(character))


def formatted(message: TelegramText) -> list[tuple[str, frozenset[object]]]:
    """Every visible character with its formatting."""
    formats: list[set[object]] = [set() for _ in range(utf16_length(message.text))]
    for entity in message.entities:
        for unit in formats[entity.offset : entity.offset + entity.length]:
            unit.add((entity.type, entity.url, entity.language))
    result, offset = [], 0
    for character in message.text:
        if not is_blank(character):
            result.append((character, frozenset(formats[offset])))
        offset += utf16_length(character)
    return result


def may_contain(outer: Entity, inner: Entity) -> bool:
    """What the Bot API says of nested entities."""
    if outer.type == "blockquote":
        return inner.type != "blockquote"
    return outer.type in NESTING and inner.type in NESTING and outer.type != inner.type


@any_text
@given(anything, limits)
def test_every_message_is_within_the_limit_and_not_blank(markdown: str, limit: int) -> None:
    for message in telegram.render(markdown, limit):
        assert utf16_length(message.text) <= limit
        assert not is_blank(message.text)


@any_text
@given(anything, limits)
def test_entities_cover_visible_text_between_whole_characters(markdown: str, limit: int) -> None:
    for message in telegram.render(markdown, limit):
        units = message.text.encode("utf-16-le")
        for entity in message.entities:
            end = entity.offset + entity.length
            assert 0 <= entity.offset < end <= utf16_length(message.text)
            covered = units[entity.offset * 2 : end * 2].decode("utf-16-le")
            assert covered == covered.strip()


@any_text
@given(anything, limits)
def test_entities_nest_as_telegram_allows(markdown: str, limit: int) -> None:
    for message in telegram.render(markdown, limit):
        opened: list[Entity] = []
        for entity in message.entities:
            opened = [outer for outer in opened if outer.offset + outer.length > entity.offset]
            for outer in opened:
                assert outer.offset <= entity.offset
                assert entity.offset + entity.length <= outer.offset + outer.length
                assert may_contain(outer, entity)
            opened.append(entity)


@any_text
@given(flowing, limits)
def test_splitting_loses_neither_text_nor_formatting(markdown: str, limit: int) -> None:
    whole = [character for message in telegram.render(markdown, WHOLE) for character in formatted(message)]
    parts = [character for message in telegram.render(markdown, limit) for character in formatted(message)]
    assert parts == whole


@any_text
@given(flowing, st.integers(20, 80))
def test_splitting_cuts_no_grapheme_cluster(markdown: str, limit: int) -> None:
    def clusters(text: str) -> list[str]:
        edges = boundaries(text)
        pieces = [text[start:end] for start, end in zip([0, *edges], edges, strict=False)]
        return [visible(piece) for piece in pieces if visible(piece)]

    whole = [cluster for message in telegram.render(markdown, WHOLE) for cluster in clusters(message.text)]
    if all(utf16_length(cluster) < limit // 2 for cluster in whole):
        assert [c for message in telegram.render(markdown, limit) for c in clusters(message.text)] == whole


@any_text
@given(flowing, limits)
def test_plain_parts_are_within_the_limit_and_lose_nothing(markdown: str, limit: int) -> None:
    for dialect in (plain, messenger):
        parts = dialect.render(markdown, limit)
        assert all(utf16_length(part) <= limit and not is_blank(part) for part in parts)
        assert "".join(map(visible, parts)) == "".join(map(visible, dialect.render(markdown, WHOLE)))


@pytest.mark.slow
@any_text
@given(anything)
def test_html_holds_only_allowed_elements_and_attributes(markdown: str) -> None:
    class Reader(HTMLParser):
        opened: list[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag in html.TAGS
            values = dict(attrs)
            if tag == "a":
                assert (values.pop("rel"), values.pop("target")) == ("noopener nofollow", "_blank")
                assert str(values.pop("href")).lower().startswith(("http://", "https://", "mailto:"))
            if tag == "ol":
                values.pop("start", None)
            assert values == {}
            self.opened += [] if tag == "br" else [tag]

        def handle_endtag(self, tag: str) -> None:
            assert self.opened.pop() == tag

    reader = Reader()
    reader.opened = []
    reader.feed(html.render(markdown))
    reader.close()
    assert reader.opened == []


@any_text
@given(anything)
def test_nothing_outgoing_holds_controls_overrides_or_surrogates(markdown: str) -> None:
    outgoing = html.render(markdown) + "".join(plain.render(markdown, WHOLE))
    outgoing += "".join(message.model_dump_json() for message in telegram.render(markdown))
    outgoing.encode()
    assert not any(ord(character) < 32 and character not in "\n\t" for character in outgoing)
    assert not set(outgoing) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@any_text
@given(st.text(max_size=300), limits)
def test_any_text_at_all_is_rendered(text: str, limit: int) -> None:
    telegram.render(text, limit)
    plain.render(text, limit)
    html.render(text)
