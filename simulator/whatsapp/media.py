"""Media: uploaded by number, fetched by id, and which kinds and sizes are taken.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
"""

import base64
import hashlib
from dataclasses import dataclass

from simulator.multipart import FormFile
from simulator.whatsapp.refusals import refused
from simulator.wire import Object

MEGABYTE = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"
TAKEN: dict[str, tuple[tuple[str, ...], int]] = {
    "image": (("image/jpeg", "image/png"), 5 * MEGABYTE),
    "audio": (("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * MEGABYTE),
    "video": (("video/mp4", "video/3gpp"), 16 * MEGABYTE),
    "document": (
        (
            *("text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel"),
            *("application/vnd.ms-powerpoint", f"{_OFFICE}.wordprocessingml.document"),
            *(f"{_OFFICE}.spreadsheetml.sheet", f"{_OFFICE}.presentationml.presentation"),
        ),
        100 * MEGABYTE,
    ),
}
MOST_CAPTION = 1024


@dataclass(frozen=True)
class Media:
    """One file that can be sent or fetched."""

    id: str
    mime_type: str
    content: bytes
    name: str = ""

    def describe(self, base_url: str) -> Object:
        """The answer to who asks for the id."""
        return {
            "messaging_product": "whatsapp",
            "url": f"{base_url}/graph/media/{self.id}",
            "mime_type": self.mime_type,
            "sha256": base64.b64encode(hashlib.sha256(self.content).digest()).decode(),
            "file_size": str(len(self.content)),
            "id": self.id,
        }


def checked(fields: dict[str, str], files: dict[str, FormFile]) -> FormFile:
    """The file of an upload, refused where its type is not taken or it is too large for it."""
    file = files.get("file")
    if fields.get("messaging_product") != "whatsapp" or file is None or not file.content:
        raise refused(100, "Invalid parameter")
    type_ = fields.get("type") or file.type
    limits = [most for types, most in TAKEN.values() if type_ in types]
    if not limits:
        raise refused(100, f"Param file must have one of the supported types. Received '{type_}'.")
    if len(file.content) > limits[0]:
        raise refused(131053, "Media upload error")
    return FormFile(file.name, type_, file.content)


def check_message(kind: str, content: Object, known: dict[str, Media]) -> None:
    """Refuse a message that names no file of its kind, or says more beside it than is taken."""
    media = known.get(str(content.get("id")))
    if media is None:
        raise refused(131009, f"Parameter value is not valid: {kind}['id']")
    types, most = TAKEN[kind]
    if media.mime_type not in types or len(media.content) > most:
        raise refused(131053, "Media upload error")
    caption = content.get("caption")
    if caption is not None and (kind == "audio" or not isinstance(caption, str) or len(caption) > MOST_CAPTION):
        raise refused(100, f"Param {kind}['caption'] is not valid.")
