"""Attachments of a message: by reference; their signed addresses expire, and the message gives fresh ones.

Source: https://discord.com/developers/docs/resources/message#attachment-object
"""

from typing import Literal, TypeAlias

from pydantic import JsonValue

from adapters.platforms.discord.place import identity
from adapters.platforms.fields import Fields, count, parts, reference, shown_name, text
from domain.events import Attachment

FileKind: TypeAlias = Literal["photo", "document", "voice", "audio", "video"]

_MAX_FILES = 10
_MAX_ADDRESS_CHARACTERS = 2048
_KINDS: dict[str, FileKind] = {"image": "photo", "audio": "audio", "video": "video"}


def attachments(message: Fields) -> tuple[Attachment, ...]:
    """The files of a message, then its stickers."""
    files = [_attachment(file) for file in parts(message, "attachments")[:_MAX_FILES]]
    return (*files, *(_sticker(item) for item in parts(message, "sticker_items")[:_MAX_FILES]))


def _attachment(file: Fields) -> Attachment:
    # The address is signed, and the signature makes it longer than other references.
    address = text(file, "url")
    known: dict[str, JsonValue] = {"file_id": identity(file, "id")}
    return Attachment(
        kind="voice" if reference(file, "waveform") else _kind(file),
        reference=address if address and len(address) <= _MAX_ADDRESS_CHARACTERS else None,
        name=shown_name(file, "filename"),
        mime_type=reference(file, "content_type"),
        size_bytes=count(file, "size"),
        details={name: value for name, value in known.items() if value is not None},
    )


def _kind(file: Fields) -> FileKind:
    return _KINDS.get((reference(file, "content_type") or "").partition("/")[0], "document")


def _sticker(item: Fields) -> Attachment:
    return Attachment(kind="sticker", reference=identity(item, "id"), name=shown_name(item, "name"))
