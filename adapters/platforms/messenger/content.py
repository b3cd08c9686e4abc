"""What a message carries: media by reference, places, shared links, and whatever else is attached.

Source: https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
"""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from adapters.platforms.fields import Fields, number, part, parts, shown_name, text
from adapters.platforms.graph.events import identity, kind_name
from domain.events import Attachment

_MAX_ATTACHMENTS = 50
_MAX_URL_CHARACTERS = 4096
_KINDS: Final[Mapping[str, str]] = {
    "image": "photo",
    **dict.fromkeys(("video", "reel", "ig_reel"), "video"),
    "audio": "audio",
    "file": "document",
    "sticker": "sticker",
    "location": "location",
}


def attachments_of(message: Fields) -> tuple[Attachment, ...]:
    """The things that came with a message; their addresses end after some time."""
    return tuple(_attachment(item) for item in parts(message, "attachments")[:_MAX_ATTACHMENTS])


def _attachment(item: Fields) -> Attachment:
    name, payload = kind_name(text(item, "type")), part(item, "payload")
    sticker = identity(payload, "sticker_id")
    kind = "sticker" if sticker else _KINDS.get(name, "other")
    details: dict[str, JsonValue] = {"type": name} if kind == "other" else {}
    return Attachment.model_validate(
        {
            "kind": kind,
            "reference": _url(payload) or _url(item),
            "name": shown_name(payload, "title") or shown_name(item, "title"),
            "details": details | _place(payload) | ({"sticker_id": sticker} if sticker else {}),
        }
    )


def _url(fields: Fields) -> str | None:
    """An address, or none rather than a part of it."""
    url = text(fields, "url")
    return url if url and len(url) <= _MAX_URL_CHARACTERS else None


def _place(payload: Fields) -> dict[str, JsonValue]:
    coordinates = part(payload, "coordinates")
    known = {"latitude": number(coordinates, "lat"), "longitude": number(coordinates, "long")}
    return {name: value for name, value in known.items() if value is not None}
