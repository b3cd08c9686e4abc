"""Slack's mrkdwn: marks where they work, escapes everywhere, and parts that stand for themselves."""

import re
from html import unescape

import pytest
from hypothesis import given

from adapters.platforms.text.characters import boundaries, is_blank
from adapters.platforms.text.slack import LIMIT, render
from tests.adapters.platforms.text.test_text_properties import any_text, anything, flowing, limits

APART = "\u200b"
LINK = re.compile(r"<(https?://|mailto:)[^<>|\n]+\|[^<>|\n]*>")


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
        ("`a<b`", "`a&lt;b`"),
        ("***both***", "*_both_*"),
        ("**a *b* c**", "*a _b_ c*"),
        ("# Title", "*Title*"),
        ("```py\nx = 1\n\ny < 2\n```", "```\nx = 1\n\ny &lt; 2\n```"),
        ("[text](https://x.y/?a=1&b=2)", "<https://x.y/?a=1&amp;b=2|text>"),
        ("[a|b](https://x.y/a|b)", "<https://x.y/a%7Cb|a\u2502b>"),
        ("**[text](https://x.y)**", "*<https://x.y|text>*"),
        ("[a **b**](https://x.y)", "<https://x.y|a b>"),
        ("[a\nb](https://x.y)", "<https://x.y|a>\n<https://x.y|b>"),
        ("<a@b.c>", "<mailto:a@b.c|a@b.c>"),
        ("[t](javascript:x)", "t (javascript:x)"),
        ("![alt](https://x.y/i.png)", "<https://x.y/i.png|alt>"),
        ("- a\n- b\n  1. c", "• a\n• b\n  1. c"),
        ("> said\n> twice", "> said\n> twice"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("> **a\n> b**", "> *a*\n> *b*"),
        ("> a\n> ```\n> x\n> ```", "> a\n>\n```\nx\n```"),
        ("|a|b|\n|-|-|\n|1|<2>|", "```\na | b\n--+----\n1 | &lt;2&gt;\n```"),
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("<!channel> <@U1> @here", "&lt;!channel&gt; &lt;@U1&gt; @here"),
    ],
)
def test_each_element_is_written_as_slack_reads_it(markdown: str, text: str) -> None:
    assert one(markdown) == text


def test_a_mark_inside_a_word_is_set_apart() -> None:
    assert one("un**frag**ment") == f"un{APART}*frag*{APART}ment"


@pytest.mark.parametrize(("written", "shown"), [("\\*a\\*", "*a*"), ("\\_a\\_", "_a_"), ("\\~a\\~", "~a~")])
def test_what_only_looks_like_a_mark_is_kept_from_being_one(written: str, shown: str) -> None:
    text = one(written)
    assert text.replace(APART, "") == shown
    assert text.startswith(shown[0] + APART)


def test_what_no_mark_could_be_is_left_alone() -> None:
    assert one("2 * 3 * 4 and snake_case_name") == "2 * 3 * 4 and snake_case_name"


def test_what_only_looks_like_a_quotation_is_none() -> None:
    assert one("\\> a") == f"{APART}&gt; a"


def test_code_that_holds_a_backtick_has_no_mark() -> None:
    assert one("``a`b`` c") == "a`b c"


def test_a_fence_within_code_does_not_end_it() -> None:
    assert one("````\na ``` b\n````").count("```") == 2


def test_code_that_is_cut_is_fenced_in_each_part() -> None:
    parts = render("```\n" + "\n".join(f"line {number}" for number in range(2000)) + "\n```")
    assert len(parts) > 1
    assert all(part.startswith("```\n") and part.endswith("\n```") and part.count("```") == 2 for part in parts)
    lines = [line for part in parts for line in part.split("\n")[1:-1]]
    assert lines == [f"line {number}" for number in range(2000)]


def test_a_quotation_that_is_cut_is_quoted_in_each_part() -> None:
    parts = render("> " + "words and more words. " * 400)
    assert len(parts) > 1
    assert all(part.startswith("> ") for part in parts)


def test_bold_that_is_cut_is_bold_in_each_part() -> None:
    parts = render("**" + "word " * 1500 + "end**")
    assert len(parts) > 1
    assert all(part.startswith("*") and part.endswith("*") for part in parts)


@pytest.mark.parametrize("character", ["a", "&", "😀", "é", "👨\u200d👩\u200d👧"])
@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_a_text_around_the_limit_is_whole_and_within_it(character: str, extra: int) -> None:
    said = character * (LIMIT // len(character) + extra)
    parts = render(said)
    assert all(len(part) <= LIMIT for part in parts)
    assert unescape("".join(parts)) == said
    assert all(len(unescape(part)) in boundaries(said) or part == parts[-1] for part in parts[:1])


def test_marks_that_take_a_part_over_the_limit_split_it() -> None:
    address = "https://x.y/" + "z" * 1900
    parts = render(" ".join(f"[{number}]({address}{number})" for number in range(6)))
    assert all(len(part) <= LIMIT for part in parts)
    assert sum(part.count(address) for part in parts) == 6


def test_an_address_longer_than_the_limit_leaves_its_text() -> None:
    assert "".join(render("[hello](https://x.y/zzzzzzzzzzzzzzzz)", 10)) == "hello"


@any_text
@given(anything, limits)
def test_every_part_is_within_the_limit_and_not_blank(markdown: str, limit: int) -> None:
    for part in render(markdown, max(limit, 8)):
        assert len(part) <= max(limit, 8)
        assert not is_blank(part)


@any_text
@given(anything)
def test_nothing_but_links_is_left_unescaped(markdown: str) -> None:
    for part in render(markdown):
        rest = LINK.sub("", part)
        assert "<" not in rest
        assert ">" not in re.sub(r"^>", "", rest, flags=re.MULTILINE)
        assert re.sub(r"&(amp|lt|gt);", "", part).count("&") == 0
        assert part.count("```") % 2 == 0


@any_text
@given(flowing)
def test_cutting_loses_no_word(markdown: str) -> None:
    def words(parts: tuple[str, ...]) -> str:
        text = LINK.sub(lambda found: found[0].rpartition("|")[2][:-1], unescape("".join(parts)))
        return "".join(re.findall(r"\w", text))

    assert words(render(markdown, 60)) == words(render(markdown))
