"""Whether the visitors of a webchat may bring files, and how large, as its channel says."""

from collections.abc import Mapping

from pydantic import JsonValue

from domain.media import MAX_MEDIA_BYTES

FILES_SETTING = "visitor_files"
"""The setting of a channel that forbids files where it is false."""
SIZE_SETTING = "max_file_bytes"
"""The setting of a channel that says how large a file may be; what is above the product's own limit counts as that."""


def allowed_bytes(settings: Mapping[str, JsonValue]) -> int:
    """How large a visitor's file may be; 0 where there may be none."""
    if settings.get(FILES_SETTING, True) is not True:
        return 0
    given = settings.get(SIZE_SETTING, MAX_MEDIA_BYTES)
    return min(given, MAX_MEDIA_BYTES) if is_size(given) and isinstance(given, int) else MAX_MEDIA_BYTES


def is_size(value: JsonValue) -> bool:
    """Whether this is a size that a channel may set."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_MEDIA_BYTES
