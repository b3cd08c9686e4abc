"""Attachments in words, as a model reads them: one line each, in brackets that nothing inside can end.

What they say is the people's own choice, and bounded. What is a file is named; its bytes are read elsewhere.
"""

from collections.abc import Callable, Iterable, Mapping

from pydantic import JsonValue

from domain.events import Attachment
from domain.text import inside

_MAX_CHARACTERS = 1_500
_MAX_DETAIL_CHARACTERS = 300
_MOST_ITEMS = 20
_SHARED = ("fallback", "template")
"""What Messenger calls a link that somebody shares."""


def bracketed(item: Attachment) -> str:
    """An attachment in words."""
    tell = _TELLERS.get(item.kind) or _OTHERS.get(_text(item.details.get("type"))) or _thing
    told = [found for found in tell(item) if found]
    name, rest = _name(item), inside(", ".join(told), _MAX_CHARACTERS)
    return f"[{name}: {rest}]" if rest else f"[{name}]"


def _name(item: Attachment) -> str:
    kind = _text(item.details.get("type")).replace("_", " ")
    return kind if kind and (item.kind == "other" or kind in ("animation", "video note")) else item.kind


def _file(item: Attachment) -> Iterable[str]:
    details = item.details
    seconds = _text(details.get("duration_seconds"))
    yield _text(item.name)
    yield from (_text(details.get(name)) for name in ("title", "performer", "emoji"))
    yield f"{seconds} seconds" if seconds else ""


def _location(item: Attachment) -> Iterable[str]:
    yield _text(item.name)
    yield _text(item.details.get("address"))
    yield from (_text(item.details.get(name)) for name in ("latitude", "longitude"))
    yield "shared live" if item.details.get("live_period") else ""


def _contact(item: Attachment) -> Iterable[str]:
    yield _text(item.name)
    yield _text(item.details.get("phone_number"))


def _thing(item: Attachment) -> Iterable[str]:
    yield _text(item.name)
    if _text(item.details.get("type")) in _SHARED:
        yield _text(item.reference)


def _dice(item: Attachment) -> Iterable[str]:
    yield from (_text(item.details.get(name)) for name in ("emoji", "value"))


def _poll(item: Attachment) -> Iterable[str]:
    yield _text(item.details.get("question"))
    yield " | ".join(filter(None, map(_text, _listed(item.details.get("options")))))


def _order(item: Attachment) -> Iterable[str]:
    for ordered in _listed(item.details.get("items")):
        if isinstance(ordered, Mapping):
            number, product = (_text(ordered.get(name)) for name in ("quantity", "product"))
            price = " ".join(filter(None, (_text(ordered.get(name)) for name in ("price", "currency"))))
            yield f"{number or 1} × {product or 'something'}" + (f" at {price}" if price else "")


def _form(item: Attachment) -> Iterable[str]:
    yield _text(item.details.get("name"))
    answers = item.details.get("answers")
    for name, answer in list(answers.items())[:_MOST_ITEMS] if isinstance(answers, Mapping) else ():
        yield f"{_text(name)} = {_text(answer)}"


def _listed(value: JsonValue) -> list[JsonValue]:
    return value[:_MOST_ITEMS] if isinstance(value, list) else []


def _text(value: JsonValue) -> str:
    """A detail in words; a number without a point that says nothing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_told = isinstance(value, str | int | float) and not isinstance(value, bool)
    return inside(str(value), _MAX_DETAIL_CHARACTERS) if is_told else ""


_Teller = Callable[[Attachment], Iterable[str]]
_TELLERS: Mapping[str, _Teller] = {
    **dict.fromkeys(("photo", "document", "voice", "audio", "video", "sticker"), _file),
    "location": _location,
    "contact": _contact,
}
_OTHERS: Mapping[str, _Teller] = {"dice": _dice, "poll": _poll, "order": _order, "form": _form}
"""By their types, for things of the kind `other`."""
