"""What the first bytes of a file say, and that nothing else counts."""

from base64 import b64encode
from hashlib import sha256
from uuid import UUID

import pytest
from pydantic import JsonValue

from domain.media import SHOWN_INLINE, differs, kind_of, media_id, refined, type_of
from tests.files import JPEG, MP3, MP4, OGG, PAGE, PDF, PNG

TOLD = b64encode(sha256(JPEG).digest()).decode()
OFFICE = "application/vnd.openxmlformats-officedocument"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (b"GIF89a" + bytes(9), "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "application/octet-stream"),
        (PDF, "application/pdf"),
        (OGG, "audio/ogg"),
        (MP3, "audio/mpeg"),
        (b"\xff\xfb\x90\x44" + bytes(9), "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + bytes(9), "audio/aac"),
        (b"#!AMR\n", "audio/amr"),
        (MP4, "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(9), "audio/mp4"),
        (b"\x00\x00\x00\x20ftyp3gp4" + bytes(9), "video/3gpp"),
        (b"\x00\x00\x00\x20ftypqt  " + bytes(9), "video/quicktime"),
        (b"\x1aE\xdf\xa3" + bytes(9), "video/webm"),
        (b"PK\x03\x04" + bytes(9), "application/zip"),
        (PAGE, "text/html"),
        (b"  \r\n<HTML lang=en>", "text/html"),
        ("Grüße".encode(), "text/plain"),
        (("ä" * 300).encode()[:511], "text/plain"),
        (b"\xc3\x28 no text", "application/octet-stream"),
        (b"a\x00b", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_bytes_say(head: bytes, told: str) -> None:
    assert type_of(head) == told


def test_nothing_that_can_run_is_shown_inline() -> None:
    assert not any(word in told for told in SHOWN_INLINE for word in ("svg", "html", "xml", "pdf", "text", "octet"))


def test_a_name_tells_what_a_container_holds_and_nothing_else() -> None:
    assert refined("application/zip", "plan.DOCX") == f"{OFFICE}.wordprocessingml.document"
    assert refined("application/zip", "plan.jpg") == "application/zip"
    assert refined("image/jpeg", "plan.docx") == "image/jpeg"


def test_a_file_is_shown_as_its_type_suggests() -> None:
    kinds = {"image/png": "photo", "audio/ogg": "audio", "video/mp4": "video", "application/pdf": "document"}
    assert {told: kind_of(told) for told in kinds} == kinds


def test_an_attachment_has_one_id_whoever_asks() -> None:
    message = UUID(int=1)
    assert media_id(message, 0) == media_id(message, 0)
    assert len({media_id(message, 0), media_id(message, 1), media_id(UUID(int=2), 0)}) == 3


def test_bytes_that_a_platform_did_not_tell_of_are_others() -> None:
    assert not differs(TOLD, sha256(JPEG).hexdigest())
    assert differs(TOLD, sha256(PNG).hexdigest())


@pytest.mark.parametrize("told", [None, "", 5, ["x"], "not base64!", "ä", TOLD[:-8], sha256(JPEG).hexdigest()])
def test_what_is_no_checksum_says_nothing_of_the_bytes(told: JsonValue) -> None:
    assert not differs(told, sha256(PNG).hexdigest())
