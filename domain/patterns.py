"""An owner's own patterns, in the syntax of RE2: whatever they say, and whatever they meet, they take linear time.

See https://github.com/google/re2/wiki/Syntax.
"""

from typing import Protocol

import re2

_WHOLE_WORDS_OF_ASCII = (r"\b", r"\B")


class PatternFault(ValueError):
    """A pattern that cannot be looked for, or that would never find what it means."""


class Pattern(Protocol):
    """What can be looked for in a text."""

    def search(self, text: str, /) -> object:
        """Whatever was found, or None."""

    def sub(self, instead: str, text: str, /) -> str:
        """The text with everything replaced that is found."""


def compiled(source: str) -> Pattern:
    """The pattern, to be found in any case; raises `PatternFault` for what is none."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        pattern: Pattern = re2.compile(source, options)
    except re2.error as error:
        told = error.args[0] if error.args else "it is too long"
        said = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise PatternFault(f"{source!r} is not a regular expression of RE2: {said}") from error
    if not source.isascii() and any(mark in source for mark in _WHOLE_WORDS_OF_ASCII):
        raise PatternFault(
            rf"{source!r}: \b knows no letters but a to z, and would not find this; use words for whole words"
        )
    return pattern
