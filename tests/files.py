"""Small files of each kind, as their first bytes tell them."""

import base64

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""One pixel."""
JPEG = b"\xff\xd8\xff\xe0" + b"\x00\x10JFIF" + bytes(100)
PDF = b"%PDF-1.7\n%" + bytes(100)
OGG = b"OggS" + bytes(100)
MP3 = b"ID3\x04" + bytes(100)
MP4 = b"\x00\x00\x00\x20ftypisom" + bytes(100)
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def written(content: bytes) -> str:
    """The file as the simulator is told it."""
    return base64.b64encode(content).decode()
