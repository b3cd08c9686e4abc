"""Knowledge: documents cut into passages that can be found and shown one by one."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from domain.html_text import html_to_text
from domain.models import Frozen
from domain.text import shortened
from domain.tool_calls import CallOutcome, Result

DocumentType = Literal["text", "markdown", "html"]
MAX_DOCUMENT_CHARACTERS = 500_000
MAX_DOCUMENTS = 500
"""Of one bot."""
PASSAGE_CHARACTERS = 1200
_HEADING_CHARACTERS = 200
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+|\n")

# PostgreSQL's own dictionaries, by the language of BCP 47 (postgresql.org/docs/current/textsearch-dictionaries.html).
_DICTIONARIES = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali",
    "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


class Passage(Frozen):
    """A part of a document: the headings above it, and its text."""

    heading: str
    text: str


class FoundPassage(Frozen):
    """A passage that was found, with the title of its document."""

    title: str
    heading: str
    text: str


def dictionary_of(language: str | None) -> str:
    """The dictionary by which the words of a language are found; without one they are found as they are written."""
    return _DICTIONARIES.get((language or "").partition("-")[0].lower(), "simple")


def passages(text: str, kind: DocumentType) -> tuple[Passage, ...]:
    """The passages of a document, in order; none where it holds no words."""
    plain = html_to_text(text) if kind == "html" else text
    cut = _sections(plain) if kind != "text" else [("", plain)]
    return tuple(
        Passage(heading=heading, text=piece) for heading, section in cut for piece in _pieces(section) if piece.strip()
    )


def found_passages(found: Sequence[FoundPassage]) -> Result:
    """What a search tells the model: data, each passage with where it stands."""
    listed = [passage.model_dump(exclude_defaults=True) for passage in found]
    return Result(outcome=CallOutcome.DONE, content={"passages": listed})


def _sections(text: str) -> list[tuple[str, str]]:
    """Markdown by its headings: the path of headings, and what stands below it."""
    path: list[str] = []
    sections: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if found:
            level = len(line) - len(line.lstrip("#"))
            path[level - 1 :] = [found[1]]
            sections.append((shortened(" › ".join(filter(None, path)), _HEADING_CHARACTERS), []))
        else:
            sections[-1][1].append(line)
    return [(heading, "\n".join(lines).strip()) for heading, lines in sections]


def _pieces(section: str) -> Iterator[str]:
    """Paragraphs together as long as they fit; one that does not fit is cut between sentences, else anywhere."""
    piece = ""
    for part in _parts(section):
        if piece and len(piece) + len(part) + 2 > PASSAGE_CHARACTERS:
            yield piece
            piece = ""
        piece = f"{piece}\n\n{part}" if piece else part
    if piece:
        yield piece


def _parts(section: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", section):
        if len(paragraph) <= PASSAGE_CHARACTERS:
            yield paragraph.strip()
            continue
        for sentence in _SENTENCE.split(paragraph):
            for start in range(0, len(sentence), PASSAGE_CHARACTERS):
                yield sentence[start : start + PASSAGE_CHARACTERS].strip()
