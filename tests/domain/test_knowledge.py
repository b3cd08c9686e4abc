"""Documents in passages: small enough to be shown, complete, and each below its headings."""

from hypothesis import given
from hypothesis import strategies as st

from domain.html_text import html_to_text
from domain.knowledge import PASSAGE_CHARACTERS, Passage, dictionary_of, passages


def test_a_passage_stands_below_its_headings() -> None:
    text = "Before.\n\n# A\n\nOne.\n\nTwo.\n\n### C\n\nThree.\n\n# B\nFour.\n\n```\n# no heading\n```"
    assert passages(text, "markdown") == (
        Passage(heading="", text="Before."),
        Passage(heading="A", text="One.\n\nTwo."),
        Passage(heading="A › C", text="Three."),
        Passage(heading="B", text="Four.\n\n```\n# no heading\n```"),
    )
    assert passages("# A\n\nOne.", "text") == (Passage(heading="", text="# A\n\nOne."),)


@given(st.text(alphabet=st.sampled_from("ab. \n#"), max_size=4000))
def test_no_word_is_lost_and_no_passage_is_too_long(text: str) -> None:
    cut = passages(text, "text")
    assert all(0 < len(passage.text) <= PASSAGE_CHARACTERS for passage in cut)
    assert "".join("".join(passage.text.split()) for passage in cut) == "".join(text.split())


@given(st.text(max_size=300))
def test_any_page_is_read(page: str) -> None:
    assert "<script" not in html_to_text(f"<script>{page.replace('</', '')}</script>")
    assert isinstance(passages(page, "html"), tuple)


def test_a_page_keeps_its_headings_and_items() -> None:
    page = "<h2>List <b>of</b> things</h2><ul><li>One<li>Two</ul><style>p {}</style><p>End &amp; rest"
    assert html_to_text(page) == "## List of things\n\nOne\nTwo\n\nEnd & rest"


def test_words_are_found_by_the_language_of_the_bot() -> None:
    assert [dictionary_of(tag) for tag in ("de", "de-AT", "EN", "ja", None)] == [
        "german", "german", "english", "simple", "simple",
    ]  # fmt: skip
