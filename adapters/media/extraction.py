"""The text of a file, drawn from its bytes in a process of its own: run as a script, bytes in, JSON out.

It reads what strangers made. It has little memory, little time, no environment and nothing of ours but this file; what
it cannot read it names in one word. See `adapters.media.reading`, which runs it.
"""

import io
import json
import logging
import resource
import sys
from html.parser import HTMLParser

MAX_CHARACTERS = 100_000
MAX_PAGES = 50
CPU_SECONDS = 10
MEMORY_BYTES = 768 * 1024 * 1024
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "svg"})
_BREAKING = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "pre"})


def html_text(page: str) -> str:
    """The words of a page that a reader would see."""
    reader = _Page()
    reader.feed(page)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.words).splitlines())
    return "\n".join(line for line in lines if line)


def pdf_text(content: bytes) -> tuple[str, bool]:
    """The words of a document's first pages, and whether there are more; raises `ValueError`: a word for why not."""
    # Imported here: only the process of its own needs it, and it takes long.
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("encrypted")
        said, characters = [], 0
        for page in reader.pages[:MAX_PAGES]:
            said.append(page.extract_text())
            characters += len(said[-1])
            if characters > MAX_CHARACTERS:
                break
        more = characters > MAX_CHARACTERS or len(reader.pages) > len(said)
    except PyPdfError as error:
        raise ValueError("broken") from error
    text = "\n".join(said).strip()
    if not text:
        raise ValueError("no_text")
    return text, more


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BREAKING:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(self._unseen - (tag in _UNSEEN), 0)
        if tag in _BREAKING:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)


def _extract(kind: str, content: bytes) -> dict[str, object]:
    try:
        if kind == "application/pdf":
            text, is_cut = pdf_text(content)
        else:
            text, is_cut = html_text(content.decode("utf-8", "replace")), False
    except ValueError as error:
        return {"reason": str(error) if str(error) in ("encrypted", "no_text") else "broken"}
    except Exception:  # noqa: BLE001 - whatever a stranger's file leads to, it cannot be read
        return {"reason": "broken"}
    return {"text": text[:MAX_CHARACTERS], "is_cut": is_cut or len(text) > MAX_CHARACTERS}


def _confine() -> None:
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    logging.disable()


if __name__ == "__main__":
    _confine()
    json.dump(_extract(sys.argv[1], sys.stdin.buffer.read()), sys.stdout)
