"""What a message says and carries: its words, media by reference, places, contacts, orders and forms."""

from collections.abc import Callable, Mapping
from json import loads

from pydantic import JsonValue

from adapters.platforms.fields import Fields, count, number, part, parts, reference, shown_name, text
from domain.events import Attachment
from domain.models import Frozen
from domain.text import shortened, storable

_MAX_CARDS = 20
_MAX_ITEMS = 50
_MAX_ANSWERS = 50
_MAX_ANSWER_CHARACTERS = 1000
_TOKEN = "flow_token"  # noqa: S105 - the name of a field


class Content(Frozen):
    """The words and the things of a message."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()


def content_of(message: Fields) -> Content | None:
    """What a message of a kind that is understood holds; None for every other kind."""
    read = _READERS.get(reference(message, "type") or "")
    return read(message) if read else None


def _text(message: Fields) -> Content:
    return Content(text=text(part(message, "text"), "body") or "")


def _media(message: Fields) -> Content:
    kind = reference(message, "type") or ""
    media = part(message, kind)
    details: dict[str, JsonValue] = {"sha256": reference(media, "sha256")}
    if kind == "sticker":
        details["animated"] = media.get("animated") is True
    named: dict[str, JsonValue] = {name: value for name, value in details.items() if value is not None}
    voice = kind == "audio" and media.get("voice") is True
    attached = Attachment.model_validate(
        {
            "kind": "voice" if voice else "photo" if kind == "image" else kind,
            "reference": reference(media, "id"),
            "name": shown_name(media, "filename"),
            "mime_type": reference(media, "mime_type"),
            "size_bytes": count(media, "file_size"),
            "details": named,
        }
    )
    return Content(text=text(media, "caption") or "", attachments=(attached,))


def _location(message: Fields) -> Content:
    place = part(message, "location")
    details: dict[str, JsonValue] = {
        name: value for name in ("latitude", "longitude") if (value := number(place, name)) is not None
    }
    address = shown_name(place, "address")
    attached = Attachment(
        kind="location",
        name=shown_name(place, "name"),
        details=details | ({"address": address} if address else {}),
    )
    return Content(attachments=(attached,))


def _contacts(message: Fields) -> Content:
    return Content(attachments=tuple(_card(contact) for contact in parts(message, "contacts")[:_MAX_CARDS]))


def _card(contact: Fields) -> Attachment:
    name = part(contact, "name")
    phone: Fields = next(iter(parts(contact, "phones")), {})
    known = {"phone_number": reference(phone, "phone"), "wa_id": reference(phone, "wa_id")}
    details: dict[str, JsonValue] = {key: value for key, value in known.items() if value is not None}
    shown = shown_name(name, "formatted_name") or shown_name(name, "first_name", "last_name")
    return Attachment(kind="contact", name=shown, details=details)


def _order(message: Fields) -> Content:
    order = part(message, "order")
    items: list[JsonValue] = [_item(item) for item in parts(order, "product_items")[:_MAX_ITEMS]]
    details: dict[str, JsonValue] = {"type": "order", "catalog_id": reference(order, "catalog_id"), "items": items}
    return Content(text=text(order, "text") or "", attachments=(Attachment(kind="other", details=details),))


def _item(item: Fields) -> dict[str, JsonValue]:
    known: dict[str, JsonValue] = {
        "product": reference(item, "product_retailer_id"),
        "quantity": number(item, "quantity"),
        "price": number(item, "item_price"),
        "currency": reference(item, "currency"),
    }
    return {name: value for name, value in known.items() if value is not None}


def _form(message: Fields) -> Content | None:
    """A form that was filled in (a flow); every other interactive message is a pressed button, or is not understood."""
    form = part(part(message, "interactive"), "nfm_reply")
    if not form:
        return None
    details: dict[str, JsonValue] = {"type": "form", "name": reference(form, "name"), "answers": _answers(form)}
    return Content(text=text(form, "body") or "", attachments=(Attachment(kind="other", details=details),))


def _answers(form: Fields) -> dict[str, JsonValue]:
    try:
        given = loads(text(form, "response_json") or "{}")
    except (ValueError, RecursionError):
        return {}
    answers = given.items() if isinstance(given, dict) else ()
    plain = ((name, value) for name, value in answers if isinstance(value, str | int | float | bool) and name != _TOKEN)
    shown: dict[str, JsonValue] = {
        shortened(storable(name), _MAX_ANSWER_CHARACTERS): shortened(storable(str(value)), _MAX_ANSWER_CHARACTERS)
        for name, value in plain
    }
    return dict(list(shown.items())[:_MAX_ANSWERS])


_READERS: Mapping[str, Callable[[Fields], Content | None]] = {
    "text": _text,
    **dict.fromkeys(("image", "video", "audio", "document", "sticker"), _media),
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "interactive": _form,
}
