"""Messenger's plain text: what stands for quotations, code and tables, and where it is cut."""

import pytest

from adapters.platforms.text.length import utf16_length
from adapters.platforms.text.messenger import LIMIT, render

MOST = 2000


def one(markdown: str) -> str:
    """The only part of a short text."""
    (part,) = render(markdown)
    return part


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**b** *i* ~~s~~ `c` ***both***", "b i s c both"),
        ("# Title *x*\n\ntext", "Title x\n\ntext"),
        ("[text](https://a.example/x)", "text (https://a.example/x)"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("![alt](https://a.example/i.png)", "alt (https://a.example/i.png)"),
        ("- a\n- b\n  1. c", "• a\n• b\n  1. c"),
        ("- [x] done\n- [ ] open", "☑ done\n☐ open"),
        ("```py\nif a:\n\n    b\n```", "    if a:\n\n        b"),
        ("- a\n\n  ```\n  x\n  ```", "• a\n\n    x"),
        ("|k|v|\n|-|-|\n|a|1|\n|b|2|", "k: a\nv: 1\n\nk: b\nv: 2"),
        ("> said\n> twice", '"said\ntwice"'),
        ("> one\n>\n> two\n\nafter", '"one\n\ntwo"\n\nafter'),
        ("> a\n\n<!-- -->\n\n> b", '"a"\n\n<!-- -->\n\n"b"'),
        ("> - a\n> - b", '• "a\n• b"'),
        ("> # t\n>\n> ```\n> x\n> ```", '"t\n\n    x"'),
        ("> a\n>\n> ---", '"a\n\n———"'),
        ("> > deep", '""deep""'),
        ("a*b_c~d`e", "a*b_c~d`e"),
    ],
)
def test_what_markdown_becomes(markdown: str, text: str) -> None:
    assert one(markdown) == text


@pytest.mark.parametrize("length", [LIMIT - 1, LIMIT])
def test_a_text_within_the_limit_is_one_part(length: int) -> None:
    assert one("x" * length) == "x" * length


def test_one_character_more_is_a_second_part() -> None:
    assert [len(part) for part in render("x" * (LIMIT + 1))] == [LIMIT, 1]


def test_an_emoji_at_the_limit_is_not_cut() -> None:
    first, second = render("x" * (LIMIT - 1) + "👨\u200d👩\u200d👧")
    assert (first, second) == ("x" * (LIMIT - 1), "👨\u200d👩\u200d👧")


def test_no_part_is_longer_than_messenger_takes() -> None:
    text = "\n\n".join(f"> **quoted** {number} 😀 " + "word " * 90 for number in range(40))
    parts = render(text)
    assert len(parts) > 5
    assert all(utf16_length(part) <= MOST for part in parts)
    assert sum(part.count("quoted") for part in parts) == 40


def test_code_is_cut_between_lines_and_stays_indented() -> None:
    parts = render("```\n" + "def f():\n    return 1\n" * 200 + "```")
    assert len(parts) > 1
    assert all(part.startswith("    def f():\n        return 1") for part in parts)
    assert "\n".join(parts).count("return 1") == 200


def test_what_shows_nothing_gives_no_part() -> None:
    assert render("> - #") == ()
    assert render(" \n\u200b") == ()
