"""What each element of Markdown becomes in a Telegram message."""

import pytest

from adapters.platforms.text.telegram import render


def dumped(markdown: str) -> tuple[str, list[dict[str, object]]]:
    """The only message of a text, as it goes into JSON."""
    (message,) = render(markdown)
    return message.text, [entity.model_dump(exclude_none=True) for entity in message.entities]


def entity(kind: str, offset: int, length: int, **more: str) -> dict[str, object]:
    """An entity as Telegram takes it."""
    return {"type": kind, "offset": offset, "length": length, **more}


def test_a_message_dumps_as_the_bot_api_takes_it() -> None:
    (message,) = render("**a** [b](https://c.d)")
    assert message.model_dump(mode="json", exclude_none=True) == {
        "text": "a b",
        "entities": [
            {"type": "bold", "offset": 0, "length": 1},
            {"type": "text_link", "offset": 2, "length": 1, "url": "https://c.d"},
        ],
    }


@pytest.mark.parametrize(
    ("markdown", "kind"),
    [("**x**", "bold"), ("__x__", "bold"), ("*x*", "italic"), ("_x_", "italic"), ("~~x~~", "strikethrough")],
)
def test_emphasis_is_an_entity(markdown: str, kind: str) -> None:
    assert dumped(f"a {markdown} b") == ("a x b", [entity(kind, 2, 1)])


def test_inline_code_keeps_what_looks_like_markup() -> None:
    assert dumped("a `*b* <i>` c") == ("a *b* <i> c", [entity("code", 2, 7)])


def test_offsets_count_utf_16_units() -> None:
    assert dumped("😀 **é😀** x") == ("😀 é😀 x", [entity("bold", 3, 3)])


def test_nested_styles_nest() -> None:
    assert dumped("*a **b** c*") == ("a b c", [entity("italic", 0, 5), entity("bold", 2, 1)])


def test_nested_styles_of_one_kind_merge() -> None:
    assert dumped("*a *b* c*") == ("a b c", [entity("italic", 0, 5)])


def test_a_style_stops_for_code_inside_it() -> None:
    text, entities = dumped("**a `b` c**")
    assert text == "a b c"
    assert entities == [entity("bold", 0, 1), entity("code", 2, 1), entity("bold", 4, 1)]


def test_a_link_around_code_stays_a_link() -> None:
    assert dumped("[`a`](https://b.c)") == ("a", [entity("text_link", 0, 1, url="https://b.c")])


def test_entities_are_trimmed_of_white_space() -> None:
    assert dumped("a [ b ](https://c.d) e") == ("a  b  e", [entity("text_link", 3, 1, url="https://c.d")])


@pytest.mark.parametrize("url", ["http://a.b/c?d=e#f", "https://a.b", "HTTPS://a.b", "tg://resolve?domain=x"])
def test_a_link_with_a_safe_scheme_is_an_entity(url: str) -> None:
    assert dumped(f"[x]({url})") == ("x", [entity("text_link", 0, 1, url=url)])


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/path", "#anchor", "//a.b", "https:", "a.b"],
)
def test_any_other_address_is_written_in_parentheses(url: str) -> None:
    assert dumped(f"[x]({url})") == (f"x ({url})", [])


def test_a_link_without_a_text_shows_its_address() -> None:
    assert dumped("[](https://a.b)") == ("https://a.b", [entity("text_link", 0, 11, url="https://a.b")])


def test_a_reference_is_a_link() -> None:
    assert dumped("[x][1]\n\n[1]: https://a.b") == ("x", [entity("text_link", 0, 1, url="https://a.b")])


def test_an_email_link_is_an_entity() -> None:
    assert dumped("[x](mailto:a@b.c)") == ("x", [entity("text_link", 0, 1, url="mailto:a@b.c")])


def test_a_written_email_address_is_left_to_telegram() -> None:
    assert dumped("<a@b.c>") == ("a@b.c", [])


def test_an_image_is_a_link() -> None:
    assert dumped("![cat](https://a.b/c.png)") == ("cat", [entity("text_link", 0, 3, url="https://a.b/c.png")])


def test_an_image_in_a_link_leaves_the_link() -> None:
    assert dumped("[![cat](https://a.b/c.png)](https://d.e)") == ("cat", [entity("text_link", 0, 3, url="https://d.e")])


def test_an_image_in_its_own_bytes_is_its_description() -> None:
    assert dumped(f"![cat](data:image/png;base64,{'A' * 5000})") == ("cat", [])


@pytest.mark.parametrize("level", range(1, 7))
def test_a_heading_is_a_bold_line(level: int) -> None:
    assert dumped(f"{'#' * level} a *b*\n\nc") == ("a b\n\nc", [entity("bold", 0, 3), entity("italic", 2, 1)])


def test_a_bullet_list_nests_by_indentation() -> None:
    assert dumped("x\n\n- a\n  - b\n    - c\n- d")[0] == "x\n\n• a\n  • b\n    • c\n• d"


def test_an_ordered_list_counts_from_its_start() -> None:
    assert dumped("9. a\n1. b\n   - c\n7. d")[0] == "9. a\n10. b\n    • c\n11. d"


def test_a_loose_list_keeps_its_blank_lines() -> None:
    assert dumped("1. a\n\n   b\n\n2. c")[0] == "1. a\n\n   b\n\n2. c"


def test_a_further_line_of_an_item_is_indented() -> None:
    assert dumped("- a\n  b\n- c")[0] == "• a\n  b\n• c"


def test_tasks_have_boxes() -> None:
    assert dumped("- [x] a\n- [ ] **b**\n- c\n")[0] == "☑ a\n☐ b\n• c"


def test_an_ordered_task_keeps_its_number() -> None:
    assert dumped("1. [x] a\n2. [ ] b")[0] == "1. ☑ a\n2. ☐ b"


def test_a_fence_is_preformatted_with_its_language() -> None:
    text, entities = dumped("a\n\n```python title=x\nif b:\n    c\n```")
    assert text == "a\n\nif b:\n    c"
    assert entities == [entity("pre", 3, 11, language="python")]


def test_a_language_that_is_none_is_left_out() -> None:
    assert dumped('```"><x>\na\n```') == ("a", [entity("pre", 0, 1)])


def test_tabs_and_common_indentation_of_code_become_what_telegram_keeps() -> None:
    assert dumped("```\n\tif a:\n\t\tb\n```")[0] == "if a:\n    b"


def test_code_in_a_list_stands_under_its_marker() -> None:
    assert dumped("1. ```\n   a\n   ```\n2. b") == ("1.\na\n2. b", [entity("pre", 3, 1)])


def test_a_quotation_is_one_entity_over_its_blocks() -> None:
    text, entities = dumped("> a\n>\n> `b`\n\nc")
    assert text == "a\n\nb\n\nc"
    assert entities == [entity("blockquote", 0, 4), entity("code", 3, 1)]


def test_nested_quotations_are_one() -> None:
    assert dumped("> a\n> > b\n> > > c") == ("a\n\nb\n\nc", [entity("blockquote", 0, 7)])


def test_two_quotations_stay_two() -> None:
    assert dumped("> a\n\n<!-- -->\n\n> b")[1] == [entity("blockquote", 0, 1), entity("blockquote", 13, 1)]


def test_a_table_is_drawn_in_columns() -> None:
    text, entities = dumped("|Name|Age|City|\n|-|-:|:-:|\n|**Ann**|3|日本|\n|Bob 😀|12|x|")
    assert text.splitlines() == [
        "Name   | Age | City",
        "-------+-----+-----",
        "Ann    |   3 | 日本",
        "Bob 😀 |  12 |  x",
    ]
    assert entities == [entity("pre", 0, 75)]


def test_a_table_keeps_the_addresses_of_its_links() -> None:
    assert "x (https://c.d)" in dumped("|a|\n|-|\n|[x](https://c.d)|")[0]


def test_a_long_cell_does_not_widen_its_column() -> None:
    text, _ = dumped(f"|a|b|\n|-|-|\n|{'x' * 500}|y|\n|c|d|")
    assert max(map(len, text.splitlines()[3:])) < 60


def test_a_hard_break_and_a_soft_break_are_line_breaks() -> None:
    assert dumped("a  \nb\\\nc\nd")[0] == "a\nb\nc\nd"


def test_a_rule_is_a_dash() -> None:
    assert dumped("a\n\n---\n\nb")[0] == "a\n\n———\n\nb"


def test_raw_html_stays_text() -> None:
    assert dumped("a <b onclick='x'>c</b>\n\n<div>d</div>") == ("a <b onclick='x'>c</b>\n\n<div>d</div>", [])


def test_entities_of_html_and_escapes_are_characters() -> None:
    assert dumped(r"&lt;a&gt; \*b\*") == ("<a> *b*", [])


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        " ",
        "\n\n\t\n",
        "#",
        "- \n- ",
        "> ",
        ">>>",
        "```\n```",
        "---",
        "[]()",
        "![]()",
        "&#8203;",
        "|a|\n",
        "\u2060",
        "\x00",
    ],
)
def test_what_shows_nothing_gives_no_message(markdown: str) -> None:
    assert render(markdown.replace("|a|\n", "||\n|-|\n")) == ()


def test_controls_and_overrides_are_removed_even_when_written_as_entities() -> None:
    assert dumped("a\x00\x07\u202eb\u2066&#8238;&#x2067;c\r\nd")[0] == "abc\nd"


def test_a_lone_surrogate_is_replaced_and_a_pair_is_joined() -> None:
    assert dumped("a\ud800b \ud83d\ude00")[0] == "a\ufffdb 😀"


def test_a_message_holds_no_more_entities_than_telegram_reads() -> None:
    (message,) = render("**a** `b` " * 80)
    types = [entity.type for entity in message.entities]
    assert (types.count("code"), types.count("bold")) == (80, 20)


def test_the_addresses_of_one_message_stay_within_what_telegram_takes() -> None:
    (message,) = render(f"[a](https://b.c/{'d' * 1500}) " * 10)
    assert 0 < sum(len(entity.url or "") for entity in message.entities) <= 8000
