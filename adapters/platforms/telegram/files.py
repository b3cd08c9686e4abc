"""Files out: which call sends which kind, and what a part with a file holds.

Source: https://core.telegram.org/bots/api#sending-files
"""

from pydantic import JsonValue

from adapters.platforms.base import Payload, file_payload
from adapters.platforms.text.length import utf16_length
from adapters.platforms.text.telegram import render
from domain.media import File, MediaKind
from domain.text import storable

CALLS: dict[MediaKind, tuple[str, str]] = {
    "photo": ("sendPhoto", "photo"),
    "document": ("sendDocument", "document"),
    "voice": ("sendVoice", "voice"),
    "audio": ("sendAudio", "audio"),
    "video": ("sendVideo", "video"),
}
"""The method for each kind, and the field that its file is in."""
MAX_CAPTION_UNITS = 1024
_MAX_PHOTO_BYTES = 10 * 1024 * 1024
_TAKEN: dict[MediaKind, tuple[str, ...]] = {
    "photo": ("image/jpeg", "image/png", "image/webp"),
    "voice": ("audio/ogg", "audio/mpeg", "audio/mp4"),
    "audio": ("audio/mpeg", "audio/mp4"),
    "video": ("video/mp4",),
}


def as_taken(file: File) -> File:
    """The file as the kind that Telegram takes it for; everything is a document if nothing else."""
    is_taken = file.type in _TAKEN.get(file.kind, ())
    if is_taken and not (file.kind == "photo" and file.size_bytes > _MAX_PHOTO_BYTES):
        return file
    return file.model_copy(update={"kind": "document"})


def render_file(file: File, address: Payload) -> tuple[Payload, str]:
    """The part with the file, and the caption where it is too long to go with it."""
    payload = {**address, **file_payload(as_taken(file))}
    texts = render(storable(file.caption))
    if len(texts) != 1 or utf16_length(texts[0].text) > MAX_CAPTION_UNITS:
        return payload, file.caption
    entities: list[JsonValue] = [entity.model_dump(mode="json", exclude_none=True) for entity in texts[0].entities]
    return {**payload, "caption": texts[0].text, **({"caption_entities": entities} if entities else {})}, ""
