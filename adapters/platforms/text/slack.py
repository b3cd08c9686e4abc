"""Slack's mrkdwn: marks around words, `<address|label>`, and three characters that are escaped.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Mapping
from html import escape

from adapters.platforms.text.document import Style
from adapters.platforms.text.layout import Dialect, lay_out
from adapters.platforms.text.links import WEB_SCHEMES
from adapters.platforms.text.markdown import parse
from adapters.platforms.text.marking import FENCE, LINKS, NOTHING, Marking, fitting
from adapters.platforms.text.splitting import MIN_LIMIT, QUOTATION, Span, pack

LIMIT = 3900
"""Characters with all marks and escapes: below the 4,000 from which Slack may split a message by itself."""

DIALECT = Dialect(schemes=WEB_SCHEMES)

_MARKS = {Style.BOLD: "*", Style.ITALIC: "_", Style.STRIKETHROUGH: "~", Style.CODE: "`"}
_BAR = "\u2502"
_WOULD_MARK = re.compile(r"(?<!\w)([*_~`])(?=\S)")
_SHARE_OF_MARKS = 32
"""One in so many characters is kept free for marks at first."""


def render(markdown: str, limit: int = LIMIT) -> tuple[str, ...]:
    """Render Markdown as texts of at most limit characters each; none for a text that shows nothing.

    Raises `ValueError` for a limit below `splitting.MIN_LIMIT`.
    """
    room = max(limit - limit // _SHARE_OF_MARKS, MIN_LIMIT)
    parts = pack(lay_out(parse(markdown), DIALECT), min(room, limit), _MARKING.length)
    return tuple(text for part in parts for text in fitting(part.trimmed(), limit, room, _MARKING))


def _escaped(text: str) -> str:
    return escape(text, quote=False)


def _preformatted(line: str) -> str:
    return _escaped(line).replace(FENCE, f"`{NOTHING}`{NOTHING}`")


def _opening(span: Span, text: str) -> str:
    if span.kind in LINKS:
        return f"<{_escaped(span.value).replace('|', '%7C')}|"
    joined = span.start > 0 and text[span.start - 1].isalnum()
    return (NOTHING if joined else "") + _MARKS[Style(span.kind)]


def _closing(span: Span, text: str) -> str:
    if span.kind in LINKS:
        return ">"
    joined = span.end < len(text) and text[span.end].isalnum()
    return _MARKS[Style(span.kind)] + (NOTHING if joined else "")


def _words(text: str, spans: tuple[Span, ...]) -> str:
    kinds = {span.kind for span in spans}
    if Style.CODE not in kinds:
        text = _WOULD_MARK.sub(rf"\1{NOTHING}", text)
    return _escaped(text.replace("|", _BAR) if kinds & {*LINKS} else text)


def _line(line: str, around: Mapping[str, str]) -> str:
    # What would read as a quotation is escaped, and is one all the same.
    plain = NOTHING + line if line.startswith("&gt;") else line
    return f"> {plain}".rstrip() if QUOTATION in around else plain


def _fence(_code: Span) -> str:
    return FENCE


_MARKING = Marking(_escaped, _opening, _closing, _words, _preformatted, _line, _fence)
