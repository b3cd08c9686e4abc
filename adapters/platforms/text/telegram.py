"""Telegram: text with entities, so nothing has to be escaped and nothing can fail to parse."""

from dataclasses import replace
from itertools import accumulate
from typing import Literal

from pydantic import BaseModel, ConfigDict

from adapters.platforms.text.document import Style
from adapters.platforms.text.layout import PREFORMATTED, Dialect, lay_out
from adapters.platforms.text.length import utf16_length
from adapters.platforms.text.links import shows
from adapters.platforms.text.markdown import parse
from adapters.platforms.text.splitting import QUOTATION, Passage, Span, pack

LIMIT = 4000
"""UTF-16 units: safe whether the platform counts 4096 code points or 4096 units."""

DIALECT = Dialect(schemes=frozenset({"http", "https", "tg", "mailto"}))

EntityType = Literal["bold", "italic", "strikethrough", "code", "pre", "text_link", "blockquote"]
_TYPES: dict[str, EntityType] = {
    Style.BOLD: "bold",
    Style.ITALIC: "italic",
    Style.STRIKETHROUGH: "strikethrough",
    Style.CODE: "code",
    Style.LINK: "text_link",
    Style.IMAGE: "text_link",
    PREFORMATTED: "pre",
    QUOTATION: "blockquote",
}

# Not documented, but observed: further entities are ignored, and a longer list is refused as ENTITIES_TOO_LONG
# (tdlib/telegram-bot-api, issue 165: about 9,500 bytes).
MAX_ENTITIES = 100
_MAX_ENTITIES_BYTES = 8000
_ENTITY_BYTES = 16
_PRECEDENCE: tuple[EntityType, ...] = ("pre", "text_link", "blockquote", "code", "bold", "italic", "strikethrough")


class Entity(BaseModel):
    """A `MessageEntity` of the Bot API; offset and length in UTF-16 units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: EntityType
    offset: int
    length: int
    url: str | None = None
    language: str | None = None


class TelegramText(BaseModel):
    """The text of one message and its entities, sorted by offset, the outer before the inner.

    `model_dump(exclude_none=True)` is what `sendMessage` takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    entities: tuple[Entity, ...] = ()


def render(markdown: str, limit: int = LIMIT) -> tuple[TelegramText, ...]:
    """Render Markdown as messages of at most limit UTF-16 units each; none for a text that shows nothing.

    Raises `ValueError` for a limit below `splitting.MIN_LIMIT`.
    """
    passages = map(_without_emails, lay_out(parse(markdown), DIALECT))
    return tuple(_message(part.trimmed()) for part in pack(passages, limit, utf16_length))


def _without_emails(passage: Passage) -> Passage:
    """Leave a written email address to Telegram, which links it itself and takes a `mailto:` link for a web site."""
    spans = (span for span in passage.spans if not (span.value.startswith("mailto:") and _is_written(span, passage)))
    return replace(passage, spans=tuple(spans))


def _is_written(span: Span, passage: Passage) -> bool:
    return shows(passage.text[span.start : span.end], span.value)


def _message(part: Passage) -> TelegramText:
    offsets = list(accumulate((1 + (character > "\uffff") for character in part.text), initial=0))
    trimmed = (_trimmed(span, part.text) for span in part.spans)
    entities = (_entity(span, offsets) for span in trimmed if span.start < span.end)
    return TelegramText(text=part.text, entities=_affordable(tuple(entities)))


def _affordable(entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Keep what Telegram takes in one message, what a reader would miss most first."""
    kept: set[int] = set()
    bytes_left = _MAX_ENTITIES_BYTES
    for place in sorted(range(len(entities)), key=lambda place: _PRECEDENCE.index(entities[place].type)):
        cost = _ENTITY_BYTES + len(entities[place].url or "")
        if len(kept) < MAX_ENTITIES and cost <= bytes_left:
            kept.add(place)
            bytes_left -= cost
    return tuple(entity for place, entity in enumerate(entities) if place in kept)


def _trimmed(span: Span, text: str) -> Span:
    """Telegram trims white space from entities; what it would drop for that is dropped here."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return span._replace(start=start, end=end)


def _entity(span: Span, offsets: list[int]) -> Entity:
    kind = _TYPES[span.kind]
    start, end = offsets[span.start], offsets[span.end]
    url = span.value if kind == "text_link" else None
    language = (span.value or None) if kind == "pre" else None
    return Entity(type=kind, offset=start, length=end - start, url=url, language=language)
