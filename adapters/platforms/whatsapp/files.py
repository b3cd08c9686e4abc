"""Files out: which kinds WhatsApp takes, how large, and what their messages hold.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
"""

from typing import Literal, TypeAlias

from pydantic import JsonValue

from adapters.platforms.base import FILE, Destination, Payload, file_payload
from adapters.platforms.text.length import utf16_length
from adapters.platforms.text.whatsapp import render
from adapters.platforms.whatsapp.people import address
from domain.media import File, MediaKind

_Kind: TypeAlias = Literal["image", "audio", "video", "document"]
_MEGABYTE = 1024 * 1024
_KINDS: dict[MediaKind, _Kind] = {"photo": "image", "voice": "audio", "audio": "audio", "video": "video"}
_TAKEN: dict[_Kind, tuple[tuple[str, ...], int]] = {
    "image": (("image/jpeg", "image/png"), 5 * _MEGABYTE),
    "audio": (("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * _MEGABYTE),
    "video": (("video/mp4", "video/3gpp"), 16 * _MEGABYTE),
}
"""The types of each kind, and the most bytes; what is none of these goes as a document."""
MAX_CAPTION_UNITS = 1024


def render_file(file: File, destination: Destination) -> tuple[Payload, str]:
    """The message with a file, without the file's id, and the caption where it cannot go with it."""
    kind = _kind(file)
    bodies = render(file.caption)
    takes_caption = kind != "audio" and len(bodies) == 1 and utf16_length(bodies[0]) <= MAX_CAPTION_UNITS
    content: dict[str, JsonValue] = {"caption": bodies[0]} if takes_caption else {}
    if kind == "document":
        content["filename"] = file.name
    message: Payload = {"messaging_product": "whatsapp", **address(destination.chat), "type": kind, kind: content}
    return {**message, **file_payload(file)}, "" if takes_caption else file.caption


def with_media(payload: Payload, media: str) -> Payload:
    """The message that names an uploaded file."""
    kind = str(payload["type"])
    content = payload[kind]
    assert isinstance(content, dict)
    assert FILE not in payload
    return {**payload, kind: {**content, "id": media}}


def _kind(file: File) -> _Kind:
    kind = _KINDS.get(file.kind, "document")
    types, most = _TAKEN.get(kind, ((), 0))
    return kind if file.type in types and file.size_bytes <= most else "document"
