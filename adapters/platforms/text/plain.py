"""Plain text, for platforms without formatting and for one that could not parse the formatting of a part."""

from adapters.platforms.text.layout import Dialect, lay_out
from adapters.platforms.text.length import Measure, utf16_length
from adapters.platforms.text.markdown import parse
from adapters.platforms.text.splitting import pack

DIALECT = Dialect(quote="> ")


def render(markdown: str, limit: int, measure: Measure = utf16_length) -> tuple[str, ...]:
    """Render Markdown as texts of at most limit each, addresses in parentheses; none for a text that shows nothing.

    Raises `ValueError` for a limit below `splitting.MIN_LIMIT`.
    """
    return tuple(part.trimmed().text for part in pack(lay_out(parse(markdown), DIALECT), limit, measure))
