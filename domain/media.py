"""Media: which kinds there are, what a file's first bytes say of it, and what may be shown in a page."""

import re
from base64 import b64decode
from codecs import getincrementaldecoder
from enum import StrEnum
from typing import Literal, TypeAlias, get_args
from uuid import UUID, uuid5

from pydantic import JsonValue

from domain.models import Frozen

MediaKind: TypeAlias = Literal["photo", "document", "voice", "audio", "video"]
MEDIA_KINDS: tuple[MediaKind, ...] = get_args(MediaKind)
FETCHED_KINDS = (*MEDIA_KINDS, "sticker")
"""The kinds of attachments that have bytes to be fetched."""
MAX_MEDIA_BYTES = 20 * 1024 * 1024
"""What Telegram hands out at most; the same for every platform, for uploads, and for what is fetched by address."""
HEAD_BYTES = 512
"""As many of the first bytes as telling the type needs."""
UNKNOWN = "application/octet-stream"
HTML = "text/html"
SHOWN_INLINE = frozenset(
    (
        *("image/jpeg", "image/png", "image/gif", "image/webp"),
        *("audio/mpeg", "audio/ogg", "audio/mp4", "audio/wav", "audio/aac", "audio/amr"),
        *("video/mp4", "video/webm", "video/3gpp", "video/quicktime"),
    )
)
"""Types in which nothing can run; everything else is offered as a download."""
_CHECKSUM_BYTES = 32
_ZIP = "application/zip"
_OLE = "application/x-ole-storage"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_CONTAINED = {
    (_ZIP, "docx"): f"{_OFFICE}.wordprocessingml.document",
    (_ZIP, "xlsx"): f"{_OFFICE}.spreadsheetml.sheet",
    (_ZIP, "pptx"): f"{_OFFICE}.presentationml.presentation",
    (_OLE, "doc"): "application/msword",
    (_OLE, "xls"): "application/vnd.ms-excel",
    (_OLE, "ppt"): "application/vnd.ms-powerpoint",
}
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", _ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"\x1f\x8b", "application/gzip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime"}
_MPEG_LAYER_3 = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
_AAC = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
_UNPRINTABLE = re.compile(rb"[\x00-\x08\x0e-\x1f]")


class MediaState(StrEnum):
    """Where a file stands."""

    WANTED = "wanted"
    STORED = "stored"
    FAILED = "failed"


class File(Frozen):
    """A stored file on its way to a contact; `type` is what its content says, `caption` is Markdown."""

    id: str
    kind: MediaKind
    type: str
    name: str
    size_bytes: int
    caption: str = ""


def media_id(message: UUID, position: int) -> UUID:
    """The id of a message's attachment: the same for whoever fetches it, however often."""
    return uuid5(message, f"media\n{position}")


def type_of(head: bytes) -> str:
    """The type that the first bytes tell, whatever a name or a header says; unknown bytes are of no type."""
    for beginning, told in _MAGIC:
        if head.startswith(beginning):
            return told
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "video/3gpp" if brand.startswith(b"3g") else _BRANDS.get(brand, "video/mp4")
    if _AAC.match(head):
        return "audio/aac"
    if _MPEG_LAYER_3.match(head):
        return "audio/mpeg"
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return HTML
    return "text/plain" if head and not _UNPRINTABLE.search(head) and _is_utf8(head) else UNKNOWN


def refined(type_: str, name: str) -> str:
    """The same type, or for a container the one of what it holds: that is all that a name can tell."""
    return _CONTAINED.get((type_, name.rpartition(".")[2].lower()), type_)


def differs(told: JsonValue, sha256: str) -> bool:
    """Whether these are other bytes than a platform told of, by its checksum in base64; not where it told none."""
    try:
        expected = b64decode(told, validate=True) if isinstance(told, str) else b""
    except ValueError:
        return False
    return len(expected) == _CHECKSUM_BYTES and expected.hex() != sha256


def kind_of(type_: str) -> MediaKind:
    """How a file of this type is shown when nobody said otherwise."""
    family = type_.partition("/")[0]
    kinds: dict[str, MediaKind] = {"image": "photo", "audio": "audio", "video": "video"}
    return kinds.get(family, "document")


def _is_utf8(head: bytes) -> bool:
    try:
        # What follows may complete the last character.
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
