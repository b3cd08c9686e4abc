"""Discord's dialect: what it shows is what the model meant, and no part is too long."""

import pytest
from hypothesis import given

from adapters.platforms.text.discord import LIMIT, render
from tests.adapters.platforms.text.test_text_properties import any_text, anything, limits, visible


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** and ~~gone~~", "**bold** and ~~gone~~"),
        ("*lean* and **_both_**", "_lean_ and _**both**_"),
        ("half*way*there", "half*way*there"),
        ("# One\n\n#### Four", "# One\n\n### Four"),
        ("- a\n- b\n  - c", "- a\n- b\n  - c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> quoted\n>\n> more", "> quoted\n> \n> more"),
        ("```py\nx = 1\n```", "```py\nx = 1\n```"),
        ("`co_de`", "`co_de`"),
        ("[here](https://a.example/b_(c))", "[here](https://a.example/b_%28c%29)"),
        ("[https://bank.example](https://evil.example)", "https://bank.example (<https://evil.example>)"),
        ("[mail](mailto:a@b.example)", "mail (a@b.example)"),
        ("|a|b|\n|-|-|\n|1|2|", "```\na | b\n--+--\n1 | 2\n```"),
    ],
)
def test_what_markdown_means_is_written_in_discords(markdown: str, shown: str) -> None:
    assert render(markdown) == (shown,)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("snake_case", r"snake\_case"),
        (r"\*not bold\*", r"\*not bold\*"),
        (r"\# no title", r"\# no title"),
        (r"-\# no subtext", r"-\# no subtext"),
        (r"\> no quotation", r"\> no quotation"),
        ("||no spoiler||", r"\|\|no spoiler\|\|"),
        ("<@123> and <@&4>", r"\<@123> and \<@&4>"),
        ("https://a.example/b_c_d", "https://a.example/b_c_d"),
    ],
)
def test_what_only_looks_like_a_mark_is_escaped(markdown: str, shown: str) -> None:
    assert render(markdown) == (shown,)


def test_a_long_text_is_cut_without_breaking_its_code() -> None:
    parts = render("```python\n" + "print('x_y')\n" * 600 + "```")
    assert len(parts) > 3
    assert all(len(part) <= LIMIT and part.count("```") == 2 for part in parts)
    assert all("```python\n" in part for part in parts)


def test_an_emoji_family_is_never_torn() -> None:
    family = "👨\u200d👩\u200d👧"
    parts = render(family * 800)
    assert "".join(parts) == family * 800
    assert all(part.startswith(family) and part.endswith(family) for part in parts)


@given(anything, limits)
@any_text
def test_every_part_is_within_the_limit_and_not_blank(markdown: str, limit: int) -> None:
    for part in render(markdown, max(limit, 8)):
        assert len(part) <= max(limit, 8)
        assert visible(part)
