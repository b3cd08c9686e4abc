"""What a platform without formatting gets."""

from adapters.platforms.text.plain import render


def only(markdown: str) -> str:
    """The only part of a text."""
    (part,) = render(markdown, 4000)
    return part


def test_styles_leave_no_trace() -> None:
    assert only("# a\n\n**b** *c* ~~d~~ `e`") == "a\n\nb c d e"


def test_an_address_stands_behind_its_text() -> None:
    assert only("[a](https://b.c) ![d](https://e.f)") == "a (https://b.c) d (https://e.f)"


def test_an_address_that_is_its_own_text_stands_once() -> None:
    assert only("<https://a.b> <c@d.e> [](https://f.g)") == "https://a.b c@d.e https://f.g"


def test_an_email_address_stands_without_its_scheme() -> None:
    assert only("[a](mailto:b@c.d)") == "a (b@c.d)"


def test_every_line_of_a_quotation_is_marked() -> None:
    assert only("> a\n> b\n>\n> - c\n>   d\n> > e") == "> a\n> b\n\n> • c\n>   d\n\n> > e"


def test_code_and_tables_stay_as_they_are_drawn() -> None:
    assert only("```py\nif a:\n    b\n```\n\n|c|\n|-|\n|d|") == "if a:\n    b\n\nc\n-\nd"


def test_long_text_is_split() -> None:
    assert render("aaaa\n\nbbbb cccc", 9) == ("aaaa", "bbbb cccc")


def test_the_platform_says_how_it_counts() -> None:
    assert render("😀😀😀", 2) == ("😀", "😀", "😀")
    assert render("😀😀😀", 2, len) == ("😀😀", "😀")


def test_what_shows_nothing_gives_no_part() -> None:
    assert render("> - #", 100) == ()
