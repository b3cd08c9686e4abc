"""Reading files that strangers made: their words, or a word for why not, within time and memory."""

import io
import zlib

import pytest
from pypdf import PdfWriter

from adapters.media.extraction import MAX_CHARACTERS, MAX_PAGES
from adapters.media.reading import Reader


def pdf(*pages: str, filters: bytes = b"", pad: int = 0) -> bytes:
    """A document whose pages say this."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for text in pages:
        content = f"BT /F1 12 Tf 9 700 Td ({text}) Tj ET".encode("latin-1") + b" " * pad
        content = zlib.compress(content) if filters else content
        objects.append(b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), filters, content))
        objects.append(b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>" % len(objects))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    made, places = io.BytesIO(), []
    made.write(b"%PDF-1.7\n")
    for number, content in enumerate(objects, 1):
        places.append(made.tell())
        made.write(b"%d 0 obj%s endobj\n" % (number, content))
    start = made.tell()
    made.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    made.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    made.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    return made.getvalue()


def encrypted() -> bytes:
    """A document that nobody may read without its password."""
    writer, made = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(made)
    return made.getvalue()


@pytest.mark.parametrize(
    ("type_", "content", "text"),
    [
        ("text/plain", "a,b\n1,ü".encode(), "a,b\n1,ü"),
        ("text/plain", b"\xff\x00x", "\ufffdx"),
        ("text/html", b"<html><head><title>t</title></head><p>One <b>two</b></p><script>no</script><div>3</div>",
         "One two\n3"),
        ("text/html", b"<p>a" + b"<div>" * 10_000 + b"b", "a\nb"),
        ("application/pdf", pdf("Hello", "World"), "Hello\nWorld"),
    ],
)  # fmt: skip
async def test_a_file_says_what_a_reader_would_see(type_: str, content: bytes, text: str) -> None:
    read = await Reader().read(type_, content)
    assert (read.text, read.reason, read.is_cut) == (text, None, False)


@pytest.mark.parametrize(
    ("type_", "content", "reason"),
    [
        ("application/zip", b"PK", "unreadable_type"),
        ("application/pdf", b"%PDF-1.7\nnothing", "broken"),
        ("application/pdf", pdf(""), "no_text"),
        ("application/pdf", encrypted(), "encrypted"),
    ],
)
async def test_what_cannot_be_read_has_a_word_for_it(type_: str, content: bytes, reason: str) -> None:
    read = await Reader().read(type_, content)
    assert (read.text, read.reason) == ("", reason)


async def test_more_than_is_kept_is_cut() -> None:
    assert len((await Reader().read("text/plain", b"x" * 2_000_000)).text) == MAX_CHARACTERS
    many = await Reader().read("application/pdf", pdf(*(f"page{number}" for number in range(MAX_PAGES + 5))))
    assert (many.is_cut, "page49" in many.text, "page50" in many.text) == (True, True, False)


async def test_a_bomb_ends_with_its_process() -> None:
    bomb = pdf("x", filters=b"/Filter/FlateDecode", pad=400_000_000)
    assert len(bomb) < 1_000_000
    read = await Reader().read("application/pdf", bomb)
    assert (read.text, read.reason in ("broken", "too_much", "too_slow")) == ("", True)
