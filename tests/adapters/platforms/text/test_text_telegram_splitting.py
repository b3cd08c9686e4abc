"""How a long text becomes several messages."""

import pytest

from adapters.platforms.text.telegram import TelegramText, render


def texts(markdown: str, limit: int) -> list[str]:
    """The texts of all messages."""
    return [message.text for message in render(markdown, limit)]


def covered(message: TelegramText) -> list[tuple[str, str]]:
    """Each entity's type and the text under it."""
    units = message.text.encode("utf-16-le")
    return [
        (entity.type, units[entity.offset * 2 : (entity.offset + entity.length) * 2].decode("utf-16-le"))
        for entity in message.entities
    ]


def test_blocks_fill_a_message_in_their_order() -> None:
    assert texts("aaaa\n\nbbbb\n\ncccc", 10) == ["aaaa\n\nbbbb", "cccc"]


def test_a_block_that_does_not_fit_begins_the_next_message() -> None:
    assert texts("aaaa\n\nbbbb bbbb", 12) == ["aaaa", "bbbb bbbb"]


def test_a_block_over_the_limit_is_cut_after_a_line() -> None:
    assert texts("aaa. aaa\nbbb. bbb", 14) == ["aaa. aaa", "bbb. bbb"]


def test_without_a_line_it_is_cut_after_a_sentence() -> None:
    assert texts('One two. "Three four!" Five six', 28) == ['One two. "Three four!"', "Five six"]


def test_a_number_with_a_dot_ends_no_sentence() -> None:
    assert texts("One two. Step 3. three four", 20) == ["One two.", "Step 3. three four"]


def test_sentences_of_chinese_end_without_a_space() -> None:
    assert texts("一二三。四五六七八", 7) == ["一二三。", "四五六七八"]


def test_without_a_sentence_it_is_cut_between_words() -> None:
    assert texts("aaa bbb ccc", 8) == ["aaa bbb", "ccc"]


def test_a_no_break_space_does_not_part_words() -> None:
    assert texts("aaa bbb\u00a0ccc", 9) == ["aaa", "bbb\u00a0ccc"]


def test_without_words_it_is_cut_between_grapheme_clusters() -> None:
    assert texts("👩‍👩‍👧👩‍👩‍👧e\u0301e\u0301", 11) == ["👩‍👩‍👧", "👩‍👩‍👧e\u0301", "e\u0301"]


def test_flags_are_cut_in_pairs() -> None:
    assert texts("🇩🇪🇫🇷🇮🇹", 10) == ["🇩🇪🇫🇷", "🇮🇹"]


def test_a_grapheme_cluster_over_the_limit_is_cut_between_code_points() -> None:
    text = "a" + "\u0301" * 1500
    assert texts(text, 1000) == [text[:1000], text[1000:]]


def test_a_surrogate_pair_is_never_cut() -> None:
    assert texts("😀😀😀", 3) == ["😀", "😀", "😀"]


def test_a_limit_that_no_emoji_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="give at least 2"):
        render("a", 1)


def test_a_style_goes_on_in_the_next_message() -> None:
    first, second = render("**aaa bbb *ccc* ddd**", 12)
    assert covered(first) == [("bold", "aaa bbb ccc"), ("italic", "ccc")]
    assert covered(second) == [("bold", "ddd")]


def test_a_quotation_goes_on_in_the_next_message() -> None:
    assert [covered(message) for message in render("> aaaa\n>\n> bbbb\n>\n> cccc", 10)] == [
        [("blockquote", "aaaa\n\nbbbb")],
        [("blockquote", "cccc")],
    ]


def test_code_is_cut_at_line_ends_and_goes_on_with_its_language() -> None:
    messages = render("```py\naaaa\nbbbb\ncccc\n```", 10)
    assert [message.text for message in messages] == ["aaaa\nbbbb", "cccc"]
    assert [message.entities[0].language for message in messages] == ["py", "py"]


def test_code_is_cut_before_a_line_without_indentation() -> None:
    code = "def a():\n    b\n    c\ndef d():\n    e\n    f"
    assert texts(f"```py\n{code}\n```", 36) == ["def a():\n    b\n    c", "def d():\n    e\n    f"]


def test_a_long_line_of_code_is_cut_between_words() -> None:
    assert texts("```\naaa bbb ccc\n```", 8) == ["aaa bbb", "ccc"]


def test_a_table_repeats_its_head() -> None:
    rows = "".join(f"|r{number}|x|\n" for number in range(4))
    messages = render(f"|ab|c|\n|-|-|\n{rows}", 28)
    assert [message.text.splitlines() for message in messages] == [
        ["ab | c", "---+--", "r0 | x", "r1 | x"],
        ["ab | c", "---+--", "r2 | x", "r3 | x"],
    ]
    assert [covered(message) for message in messages] == [[("pre", message.text)] for message in messages]


def test_a_long_list_keeps_its_numbers() -> None:
    assert texts("3. aaaa\n4. bbbb\n5. cccc", 16) == ["3. aaaa\n4. bbbb", "5. cccc"]


def test_a_list_marker_is_not_left_alone() -> None:
    assert texts("- aaaaaaaaaa", 8) == ["• aaaaaa", "aaaa"]


def test_a_heading_goes_with_what_follows_it() -> None:
    assert texts("aaaa\n\n# bbbb\n\ncccc", 13) == ["aaaa", "bbbb\n\ncccc"]


def test_a_heading_that_what_follows_leaves_no_room_for_stays() -> None:
    assert texts("aaaa\n\n# bbbb\n\ncccccccc", 12) == ["aaaa\n\nbbbb", "cccccccc"]


def test_the_default_limit_is_four_thousand_units() -> None:
    assert [len(message.text) for message in render("a" * 4001)] == [4000, 1]
    assert [len(message.text) for message in render("😀" * 2001)] == [2000, 1]


def test_what_is_invisible_makes_no_message_of_its_own() -> None:
    assert texts("aaaa " + "\u200b" * 40 + " bbbb", 8) == ["aaaa", "bbbb"]
