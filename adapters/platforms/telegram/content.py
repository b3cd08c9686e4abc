"""What a message carries besides its words: media by file id, and things such as places, contacts and polls."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from pydantic import JsonValue

from adapters.platforms.fields import Fields, count, number, numeric_id, part, parts, reference, shown_name
from domain.events import Attachment

FileKind: TypeAlias = Literal["document", "voice", "audio", "video", "sticker"]

_MAX_OPTIONS = 20
_OPAQUE = ("game", "invoice", "story", "paid_media", "checklist", "rich_message")
"""Things without a reading of their own: the bot is told that one was sent."""


def attachments(message: Fields) -> tuple[Attachment, ...]:
    """The attachments of a message; one whose fields are broken is still named."""
    found = tuple(read(message) for name, read in _READERS.items() if name in message and not _repeated(name, message))
    return found + tuple(Attachment(kind="other", details={"type": name}) for name in _OPAQUE if name in message)


def _repeated(name: str, message: Fields) -> bool:
    # An animation comes as a document too, a venue as a location too, for clients that do not know them.
    return (name == "document" and "animation" in message) or (name == "location" and "venue" in message)


def _details(fields: Fields, **more: JsonValue) -> dict[str, JsonValue]:
    known: dict[str, JsonValue] = {
        "unique_id": reference(fields, "file_unique_id"),
        "duration_seconds": count(fields, "duration"),
        "width": count(fields, "width"),
        "height": count(fields, "height"),
        "title": shown_name(fields, "title"),
        "performer": shown_name(fields, "performer"),
        "emoji": reference(fields, "emoji"),
        **more,
    }
    return {name: value for name, value in known.items() if value is not None}


def _photo(message: Fields) -> Attachment:
    sizes = [size for size in parts(message, "photo") if reference(size, "file_id")]
    largest = max(sizes, key=lambda size: (count(size, "width") or 0) * (count(size, "height") or 0), default={})
    return Attachment(
        kind="photo",
        reference=reference(largest, "file_id"),
        size_bytes=count(largest, "file_size"),
        details=_details(largest),
    )


def _file(field: str, kind: FileKind, **more: JsonValue) -> Callable[[Fields], Attachment]:
    def read(message: Fields) -> Attachment:
        fields = part(message, field)
        return Attachment(
            kind=kind,
            reference=reference(fields, "file_id"),
            name=shown_name(fields, "file_name"),
            mime_type=reference(fields, "mime_type"),
            size_bytes=count(fields, "file_size"),
            details=_details(fields, **more),
        )

    return read


def _location(message: Fields) -> Attachment:
    return Attachment(kind="location", details=_place(part(message, "location")))


def _venue(message: Fields) -> Attachment:
    venue = part(message, "venue")
    address = shown_name(venue, "address")
    details = _place(part(venue, "location")) | ({"address": address} if address else {})
    return Attachment(kind="location", name=shown_name(venue, "title"), details=details)


def _place(location: Fields) -> dict[str, JsonValue]:
    names = ("latitude", "longitude", "horizontal_accuracy", "live_period")
    return {name: value for name in names if (value := number(location, name)) is not None}


def _contact(message: Fields) -> Attachment:
    contact = part(message, "contact")
    known = {"phone_number": reference(contact, "phone_number"), "user_id": numeric_id(contact, "user_id")}
    details: dict[str, JsonValue] = {name: value for name, value in known.items() if value is not None}
    return Attachment(kind="contact", name=shown_name(contact, "first_name", "last_name"), details=details)


def _dice(message: Fields) -> Attachment:
    dice = part(message, "dice")
    return Attachment(kind="other", details=_details(dice, type="dice", value=count(dice, "value")))


def _poll(message: Fields) -> Attachment:
    poll = part(message, "poll")
    options: list[JsonValue] = [shown_name(option, "text") for option in parts(poll, "options")[:_MAX_OPTIONS]]
    details: dict[str, JsonValue] = {"type": "poll", "question": shown_name(poll, "question"), "options": options}
    return Attachment(kind="other", details=details)


_READERS: dict[str, Callable[[Fields], Attachment]] = {
    "photo": _photo,
    "document": _file("document", "document"),
    "voice": _file("voice", "voice"),
    "audio": _file("audio", "audio"),
    "video": _file("video", "video"),
    "video_note": _file("video_note", "video", type="video_note"),
    "animation": _file("animation", "video", type="animation"),
    "sticker": _file("sticker", "sticker"),
    "location": _location,
    "venue": _venue,
    "contact": _contact,
    "dice": _dice,
    "poll": _poll,
}
