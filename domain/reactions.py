"""Reactions in words: what a contact felt, and about what, as the model is told it."""

from collections.abc import Sequence

from domain.text import shortened

_MOST_FEELINGS = 5
_FEELING_CHARACTERS = 50
_WORDS_CHARACTERS = 80


def worded(feelings: Sequence[str], about: str | None) -> str:
    """One line that names the feelings and the first words of what they are about, where that is known."""
    named = " ".join(_within(feeling, _FEELING_CHARACTERS) for feeling in feelings[:_MOST_FEELINGS])
    words = _within((about or "").replace('"', "'"), _WORDS_CHARACTERS)
    return f'[reacted {named} to "{words}"]' if words else f"[reacted {named}]"


def _within(text: str, most: int) -> str:
    return shortened(" ".join(text.split()), most)
