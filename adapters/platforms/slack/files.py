"""Files in a message: by reference, with the address that the bot's token opens.

Source: https://docs.slack.dev/reference/objects/file-object
"""

from typing import Literal, TypeAlias

from pydantic import JsonValue

from adapters.platforms.fields import Fields, count, parts, reference, shown_name
from adapters.platforms.slack.place import identity
from domain.events import Attachment

FileKind: TypeAlias = Literal["photo", "document", "voice", "audio", "video"]

_MAX_FILES = 20
_KINDS: dict[str, FileKind] = {"image": "photo", "audio": "audio", "video": "video"}
_GONE = ("tombstone", "hidden_by_limit")


def attachments(message: Fields) -> tuple[Attachment, ...]:
    """The files of a message; one that was deleted, or that Slack hides, is still named."""
    return tuple(_attachment(file) for file in parts(message, "files")[:_MAX_FILES])


def _attachment(file: Fields) -> Attachment:
    known: dict[str, JsonValue] = {
        "file_id": reference(file, "id"),
        "mode": reference(file, "mode"),
        "file_access": reference(file, "file_access"),
        "permalink": reference(file, "permalink"),
    }
    is_here = reference(file, "mode") not in _GONE
    return Attachment(
        kind=_kind(file) if is_here else "other",
        reference=address_of(file) or _to_ask_for(file) if is_here else None,
        name=shown_name(file, "name") or shown_name(file, "title"),
        mime_type=reference(file, "mimetype"),
        size_bytes=count(file, "size"),
        details={name: value for name, value in known.items() if value is not None},
    )


def address_of(file: Fields) -> str | None:
    """The address that the bot's token opens."""
    return reference(file, "url_private_download") or reference(file, "url_private")


def _to_ask_for(file: Fields) -> str | None:
    """The id of a file of another workspace, of which Slack tells that alone."""
    return identity(file, "id") if file.get("file_access") == "check_file_info" else None


def _kind(file: Fields) -> FileKind:
    if reference(file, "subtype") == "slack_audio":
        return "voice"
    return _KINDS.get((reference(file, "mimetype") or "").partition("/")[0], "document")
