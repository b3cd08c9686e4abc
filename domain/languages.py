"""Languages: what of a text tells its language, and when a guess of one is believed. A few letters are no language."""

import re

MAX_CHARACTERS = 2_000
"""As much of a text is looked at."""
LEAST_LETTERS = 10
LEAST_CONFIDENCE = 0.5
_WIDE_FROM = 0x2E80
_LETTERS_OF_A_WIDE_ONE = 3
"""A character of Chinese, Japanese or Korean says as much as a syllable or a word."""
_NO_LANGUAGE = frozenset({"zxx", "und", "mul"})
_NOT_WORDS = re.compile(r"```.*?(?:```|\Z)|`[^`]*`|\S*(?:://|@|www\.)\S*|\[[^\]]{0,80}removed\]", re.DOTALL)


def words(text: str) -> str | None:
    """The part of a text that tells its language; None where there are too few letters to tell anything."""
    told = _NOT_WORDS.sub(" ", text[:MAX_CHARACTERS])
    letters = sum(_weight(character) for character in told if character.isalpha())
    return told if letters >= LEAST_LETTERS else None


def believed(code: str, confidence: float) -> str | None:
    """A guess that is sure enough; None for any other."""
    return code if confidence >= LEAST_CONFIDENCE and code not in _NO_LANGUAGE else None


def _weight(character: str) -> int:
    return _LETTERS_OF_A_WIDE_ONE if ord(character) >= _WIDE_FROM else 1
