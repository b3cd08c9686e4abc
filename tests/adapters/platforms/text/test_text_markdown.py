"""The document that every dialect is rendered from."""

from adapters.platforms.text.document import (
    Block,
    Code,
    Heading,
    Item,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Run,
    Step,
    Style,
    Table,
    steps,
)
from adapters.platforms.text.markdown import MAX_PARSED_CHARACTERS, parse

BOLD, ITALIC, CODE = Mark(Style.BOLD), Mark(Style.ITALIC), Mark(Style.CODE)


def paragraph(text: str, *marks: Mark) -> Paragraph:
    """A paragraph of one run."""
    return Paragraph((Run(text, marks),))


def test_marks_are_written_outermost_first() -> None:
    (block,) = parse("*a **b `c`***")
    assert block.content == Paragraph((Run("a ", (ITALIC,)), Run("b ", (ITALIC, BOLD)), Run("c", (ITALIC, BOLD, CODE))))


def test_a_link_keeps_the_address_that_was_written() -> None:
    (block,) = parse("[a](javascript:b)")
    assert block.content == paragraph("a", Mark(Style.LINK, "javascript:b"))


def test_every_kind_of_block_has_its_content() -> None:
    contents = [block.content for block in parse("## a\n\n---\n\n```py\nb\n```\n\n|c|\n|-:|\n|d|\n")]
    assert contents == [
        Heading(2, (Run("a"),)),
        Rule(),
        Code("b", "py"),
        Table(((Run("c"),),), ("right",), (((Run("d"),),),)),
    ]


def test_a_block_knows_what_it_stands_in() -> None:
    blocks = parse("> 4. a\n> 5. b\n>\n>    c")
    quote = Quote(1)
    first, second = Item(3, 2, 4, is_tight=False), Item(4, 2, 5, is_tight=False)
    assert blocks == (
        Block(paragraph("a"), (quote, first)),
        Block(paragraph("b"), (quote, second)),
        Block(paragraph("c"), (quote, second)),
    )


def test_steps_close_before_they_open() -> None:
    runs = (Run("a", (BOLD,)), Run("b", (ITALIC, BOLD)), Run("c"))
    assert list(steps(runs)) == [
        Step((), (BOLD,), "a"),
        Step((BOLD,), (ITALIC, BOLD), "b"),
        Step((BOLD, ITALIC), (), "c"),
        Step((), (), ""),
    ]


def test_what_is_nested_too_deep_is_kept_as_text() -> None:
    quoted, listed = parse(f"{'>' * 500} a\n\n{'1. ' * 500}b")
    assert (quoted.content, listed.content) == (paragraph("a"), paragraph("b"))


def test_a_text_over_the_parsers_limit_is_one_plain_paragraph() -> None:
    text = "**a** " * (MAX_PARSED_CHARACTERS // 6 + 1)
    assert parse(text) == (Block(paragraph(text)),)


def test_a_short_reference_cannot_multiply_a_long_address() -> None:
    markdown = f"[a]: https://b.c/{'d' * 1900}\n\n{'[a]' * 20_000}"
    addresses = [mark.url for block in parse(markdown) for run in block.content.runs for mark in run.marks]
    assert sum(map(len, addresses)) <= 12 * len(markdown)
