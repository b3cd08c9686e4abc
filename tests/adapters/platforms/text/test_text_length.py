"""How lengths are counted and texts are cut."""

import pytest

from adapters.platforms.text.characters import boundaries, clean, display_width, is_blank, skip_space
from adapters.platforms.text.length import CODE, cut, fit, utf16_length

FAMILY = "👨‍👩‍👧"


def test_the_published_vector_has_twelve_units() -> None:
    text = f"a😀é{FAMILY}"
    assert (len(text), utf16_length(text), len(text.encode())) == (8, 12, 25)


@pytest.mark.parametrize(("text", "units"), [("", 0), ("abc", 3), ("é", 1), ("😀", 2), ("\ud83d", 1)])
def test_characters_outside_the_basic_plane_count_twice(text: str, units: int) -> None:
    assert utf16_length(text) == units


@pytest.mark.parametrize(("limit", "end"), [(1, 1), (2, 1), (3, 2), (4, 3), (99, 3)])
def test_fit_stops_before_a_character_that_is_too_long(limit: int, end: int) -> None:
    assert fit("a😀b", 0, limit, utf16_length) == end


def test_a_text_that_fits_is_not_cut() -> None:
    assert cut("a b", 0, 3, len) == 3


def test_the_last_break_of_the_best_kind_counts() -> None:
    text = "a b\nc. d\ne. f g h"
    assert text[: cut(text, 0, 15, len)] == "a b\nc. d"


def test_a_break_at_the_very_limit_counts() -> None:
    assert cut("aaa bbb", 0, 3, len) == 3


def test_a_paragraph_goes_before_a_line() -> None:
    assert cut("a\n\nb\nc", 0, 5, len) == 1


def test_code_prefers_a_line_without_indentation() -> None:
    text = "a:\n b\nc:\n d\n e"
    assert text[: cut(text, 0, 12, len, CODE)] == "a:\n b"


def test_a_cut_advances_even_in_an_endless_cluster() -> None:
    assert cut("a" + "\u0301" * 100, 0, 10, len) == 10


@pytest.mark.parametrize("text", [FAMILY, "e\u0301", "🇩🇪", "👍🏽", "한", "\u1112\u1161\u11ab"])
def test_a_cluster_is_one(text: str) -> None:
    assert boundaries(text + "x") == [len(text), len(text) + 1]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("abc", 3),
        ("日本", 4),
        ("😀", 2),
        (FAMILY, 2),
        ("🇩🇪", 2),
        ("e\u0301", 1),
        ("❤\ufe0f", 2),
        ("\u200b", 0),
        ("é", 1),
    ],
)
def test_wide_characters_take_two_cells(text: str, cells: int) -> None:
    assert display_width(text) == cells


@pytest.mark.parametrize("text", ["", " \n\t", "\u00a0\u3000", "\u200b\u2060\ufeff", "\u3164\u2800", "\ufe0f\u200d"])
def test_what_nobody_sees_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", [".", "\u0301", "😀", " a "])
def test_what_somebody_sees_is_not_blank(text: str) -> None:
    assert not is_blank(text)


def test_a_space_under_an_accent_is_no_margin() -> None:
    assert skip_space("  \u0301a", 0) == 1


def test_every_line_end_becomes_a_line_feed() -> None:
    assert clean("a\r\nb\rc\u2028d\te") == "a\nb\nc\nd\te"
