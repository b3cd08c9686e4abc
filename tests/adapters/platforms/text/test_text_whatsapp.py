"""WhatsApp's marks: put where they work, left out where they would show, closed and reopened at a cut."""

import re

import pytest

from adapters.platforms.text.length import utf16_length
from adapters.platforms.text.whatsapp import LIMIT, render

MOST = 4096
APART = "\u200b"


def one(markdown: str) -> str:
    """The only part of a short text."""
    (part,) = render(markdown)
    return part


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**bold**", "*bold*"),
        ("*italic*", "_italic_"),
        ("~~gone~~", "~gone~"),
        ("`code`", "`code`"),
        ("***both***", "*_both_*"),
        ("**a *b* c**", "*a _b_ c*"),
        ("# Title *x*", "*Title _x_*"),
        ("```py\nx = 1\ny\n```", "```x = 1\ny```"),
        ("[text](https://a.example/x)", "text (https://a.example/x)"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("![alt](https://a.example/i.png)", "alt (https://a.example/i.png)"),
        ("- a\n- b\n  1. c", "- a\n- b\n  1. c"),
        ("1. a\n2. b", "1. a\n2. b"),
        ("> said\n> twice", "> said\n> twice"),
        ("> **a\n> b**", "> *a*\n> *b*"),
        ("**two\nlines**", "*two*\n*lines*"),
    ],
)
def test_each_element_has_its_mark(markdown: str, text: str) -> None:
    assert one(markdown) == text


def test_a_mark_inside_a_word_is_left_out() -> None:
    assert one("un**frag**ment") == "unfragment"


def test_code_that_holds_a_backtick_has_no_mark() -> None:
    assert one("``a`b`` c") == "a`b c"


def test_a_fence_within_code_does_not_end_it() -> None:
    text = one("````\na ``` b\n````")
    assert text == f"```a `{APART}`{APART}` b```"
    assert text.count("```") == 2


@pytest.mark.parametrize("written", ["\\*lit\\*", "\\_lit\\_", "\\~lit\\~"])
def test_what_only_looks_like_a_mark_is_kept_apart(written: str) -> None:
    mark = written[1]
    assert one(f"so {written} there") == f"so {mark}{APART}lit{APART}{mark} there"


@pytest.mark.parametrize("text", ["snake_case_name", "~5 km", "2 * 3 * 4", "https://a.example/_x_/~y~", "5*6 and more"])
def test_what_cannot_work_as_a_mark_stays_as_it_is(text: str) -> None:
    assert one(text) == text


def test_a_narrow_table_is_drawn_and_a_wide_one_becomes_lines() -> None:
    assert one("| a | b |\n|---|---|\n| 1 | 2 |") == "```a | b\n--+--\n1 | 2```"
    wide = "| Name of the city | Number of its people |\n|---|---|\n| Amsterdam | 900,000 |\n| Utrecht | |"
    assert one(wide) == "*Name of the city*: Amsterdam\n*Number of its people*: 900,000\n\n*Name of the city*: Utrecht"


def test_code_that_is_cut_is_fenced_in_every_part() -> None:
    parts = render("```py\n" + "value = compute(1)\n" * 600 + "```")
    assert len(parts) > 2
    assert all(part.startswith("```value") and part.endswith(")```") and part.count("```") == 2 for part in parts)
    assert max(map(utf16_length, parts)) <= MOST


def test_bold_that_is_cut_is_bold_in_every_part() -> None:
    parts = render("**" + "bold words " * 1000 + "end**")
    assert len(parts) > 2
    assert all(re.fullmatch(r"\*\S[^*]*\S\*", part) for part in parts)


def test_every_mark_of_a_cut_text_is_closed_where_it_was_opened() -> None:
    parts = render("**bold *and italic ~~and gone words~~*** " * 400)
    assert all(part.count(mark) % 2 == 0 for part in parts for mark in "*_~")


@pytest.mark.parametrize("length", [LIMIT - 1, LIMIT, LIMIT + 1])
def test_a_text_at_its_limit_is_one_part_and_above_it_two(length: int) -> None:
    parts = render("x" * length)
    assert [len(part) for part in parts] == ([length] if length <= LIMIT else [LIMIT, length - LIMIT])


def test_no_grapheme_is_cut_at_the_limit() -> None:
    family = "👨‍👩‍👧"
    parts = render("x" * (LIMIT - 3) + family + "end")
    assert parts == ("x" * (LIMIT - 3), family + "end")


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["**a** _b_ `c` ", "```\na\n```\n\n", "- **x**: y\n", "😀**é** ", "*a*\n\n"])
def test_no_part_is_longer_than_whatsapp_takes(piece: str) -> None:
    parts = render(piece * 3000)
    assert max(map(utf16_length, parts)) <= MOST
    assert all(part.strip() for part in parts)


def test_signs_of_our_own_are_no_marks_in_a_text() -> None:
    assert one("a\ue0f0b\ue0f8") == "a\ufffdb\ufffd"


def test_nothing_to_see_is_no_part() -> None:
    assert render("  \n\u200b") == ()
