"""Files out: which kinds Messenger takes, and the form by which a file is sent.

Source: https://developers.facebook.com/docs/messenger-platform/send-messages/saving-assets
"""

from json import dumps
from typing import Literal, TypeAlias

from adapters.http import Upload
from adapters.platforms.base import Payload, file_payload, without_file
from domain.media import File, MediaKind

_Kind: TypeAlias = Literal["image", "audio", "video", "file"]
_MEGABYTE = 1024 * 1024
_KINDS: dict[MediaKind, _Kind] = {"photo": "image", "voice": "audio", "audio": "audio", "video": "video"}
_TAKEN: dict[_Kind, tuple[tuple[str, ...], int]] = {
    "image": (("image/jpeg", "image/png", "image/gif"), 8 * _MEGABYTE),
    "audio": (("audio/mpeg", "audio/mp4", "audio/aac", "audio/wav"), 25 * _MEGABYTE),
    "video": (("video/mp4", "video/quicktime", "video/webm"), 25 * _MEGABYTE),
}
"""The types of each kind, and the most bytes; what is none of these goes as a file."""


def render_file(file: File, chat: str) -> Payload:
    """The message with a file; words cannot be in the same one."""
    message: Payload = {"attachment": {"type": _kind(file), "payload": {}}}
    return {"recipient": {"id": chat}, "messaging_type": "RESPONSE", "message": message, **file_payload(file)}


def form_of(payload: Payload, file: File, content: bytes) -> tuple[dict[str, str], Upload]:
    """The fields of a part with a file, objects as JSON, and the file itself."""
    fields = {name: value if isinstance(value, str) else dumps(value) for name, value in without_file(payload).items()}
    return fields, Upload("filedata", file.name, file.type, content)


def _kind(file: File) -> _Kind:
    kind = _KINDS.get(file.kind, "file")
    types, most = _TAKEN.get(kind, ((), 0))
    return kind if file.type in types and file.size_bytes <= most else "file"
