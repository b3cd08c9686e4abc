"""Discord's Markdown: nearly the model's own, so that most of the work is to escape what only looks like it.

Source: https://support.discord.com/hc/en-us/articles/210298617
"""

import re
from collections.abc import Mapping

from adapters.platforms.text.document import Style
from adapters.platforms.text.layout import HEADING, Dialect, lay_out
from adapters.platforms.text.links import shows
from adapters.platforms.text.markdown import parse
from adapters.platforms.text.marking import FENCE, LINKS, NOTHING, Marking, fitting
from adapters.platforms.text.splitting import MIN_LIMIT, QUOTATION, Span, pack

LIMIT = 1950
"""Characters (code points) with all marks and escapes, of the 2,000 that Discord takes."""

DIALECT = Dialect(schemes=frozenset({"http", "https"}), bullet="- ", headings=True)

_MARKS = {Style.BOLD: "**", Style.STRIKETHROUGH: "~~", Style.CODE: "`"}
_SMALLEST_HEADING = 3
_SHARE_OF_MARKS = 32
"""One in so many characters is kept free for marks at first."""
_ADDRESS_OR_SIGN = re.compile(r"https?://[^\s<>]+|[\\*_~`|<\[\]]")
_AT_START = re.compile(r"^((?:[ \t]|[-•☑☐] |\d+\. )*-?)(#{1,3} |>)")
_IN_ADDRESS = {sign: f"%{ord(sign):02X}" for sign in "()<>\\ "}


def render(markdown: str, limit: int = LIMIT) -> tuple[str, ...]:
    """Render Markdown as texts of at most limit characters each; none for a text that shows nothing.

    Raises `ValueError` for a limit below `splitting.MIN_LIMIT`.
    """
    room = max(limit - limit // _SHARE_OF_MARKS, MIN_LIMIT)
    parts = pack(lay_out(parse(markdown), DIALECT), min(room, limit), _MARKING.length)
    return tuple(text for part in parts for text in fitting(part.trimmed(), limit, room, _MARKING))


def _escaped(text: str) -> str:
    return _ADDRESS_OR_SIGN.sub(lambda found: found[0] if len(found[0]) > 1 else f"\\{found[0]}", text)


def _preformatted(line: str) -> str:
    return line.replace(FENCE, f"`{NOTHING}`{NOTHING}`")


def _opening(span: Span, text: str) -> str:
    if span.kind in LINKS:
        return "" if "://" in text[span.start : span.end] else "["
    return _mark(span, text)


def _closing(span: Span, text: str) -> str:
    if span.kind not in LINKS:
        return _mark(span, text)
    label = text[span.start : span.end]
    address = "".join(_IN_ADDRESS.get(sign, sign) for sign in span.value)
    # A label that looks like an address is no link there, so that nobody is led astray.
    return f"]({address})" if "://" not in label else "" if shows(label, span.value) else f" (<{address}>)"


def _mark(span: Span, text: str) -> str:
    if span.kind != Style.ITALIC:
        return _MARKS[Style(span.kind)]
    around = text[: span.start][-1:] + text[span.end :][:1]
    # An underscore works at the edges of words alone, an asterisk not beside those of bold text.
    return "*" if any(sign.isalnum() for sign in around) else "_"


def _words(text: str, spans: tuple[Span, ...]) -> str:
    return text if any(span.kind == Style.CODE for span in spans) else _escaped(text)


def _line(line: str, around: Mapping[str, str]) -> str:
    plain = _AT_START.sub(r"\1\\\2", line)
    if plain and HEADING in around:
        plain = f"{'#' * min(int(around[HEADING]), _SMALLEST_HEADING)} {plain}"
    return f"> {plain}" if QUOTATION in around else plain


def _fence(code: Span) -> str:
    return FENCE + code.value


_MARKING = Marking(_escaped, _opening, _closing, _words, _preformatted, _line, _fence)
