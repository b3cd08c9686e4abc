"""Texts made to keep a renderer busy: bounded time, no recursion on their depth."""

import time

import pytest

from adapters.platforms.text import html, messenger, plain, telegram, whatsapp

# The slowest takes as long as 200,000,000 turns of an empty loop (two seconds on two shared cores): a ratio within
# one process, in processor time, so that neither a busy nor a slow machine fails anything.
MOST_LOOPS = 600_000_000
_MEASURED_LOOPS = 3_000_000

DEEP = 100_000
HOSTILE = {
    "quotations": ">" * DEEP + " a",
    "lists": "1. " * DEEP + "a",
    "open brackets": "[" * DEEP,
    "images": "![" * (DEEP // 8),
    "stars": "*" * (DEEP // 2) + "a" + "*" * (DEEP // 2),
    "nested emphasis": "*a " * (DEEP // 20) + " b*" * (DEEP // 20),
    "paragraphs": "a\n\n" * (DEEP // 20),
    "cells": "|a" * 300 + "\n" + "|-" * 300 + "\n" + "|b\n" * 50,
}
LARGE = {
    "words": "word " * 200_000,
    "combining marks": "a" + "\u0301" * 1_000_000,
    "flags": "🇩" * 1_000_000,
    "spaces": "a" + " " * 1_000_000 + "b",
}


def loop_seconds() -> float:
    """What one turn of an empty loop takes here and now."""
    start = time.process_time()
    for _ in range(_MEASURED_LOOPS):
        pass
    return (time.process_time() - start) / _MEASURED_LOOPS


@pytest.mark.slow
@pytest.mark.parametrize("markdown", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_rendered_in_seconds(markdown: str) -> None:
    most_seconds = MOST_LOOPS * loop_seconds()
    start = time.process_time()
    telegram.render(markdown)
    whatsapp.render(markdown)
    messenger.render(markdown)
    assert time.process_time() - start < most_seconds


@pytest.mark.slow
@pytest.mark.parametrize("markdown", LARGE.values(), ids=LARGE)
def test_a_megabyte_is_rendered_in_seconds_in_every_dialect(markdown: str) -> None:
    most_seconds = MOST_LOOPS * loop_seconds()
    start = time.process_time()
    assert telegram.render(markdown)
    assert plain.render(markdown, telegram.LIMIT)
    assert whatsapp.render(markdown)
    assert messenger.render(markdown)
    assert html.render(markdown)
    assert time.process_time() - start < most_seconds
