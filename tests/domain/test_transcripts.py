"""From a transcript to a prompt: what is kept, in which order, and within which budget."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Attachment
from domain.transcripts import Line, build, estimate_tokens, worded

lines = st.lists(st.builds(Line, role=st.sampled_from(["user", "assistant"]), text=st.text(max_size=60)), max_size=12)
any_prompt = settings(deadline=None, max_examples=200)


def said(*texts: str) -> list[Line]:
    """Lines of a contact."""
    return [Line(role="user", text=text) for text in texts]


def texts(*kept: Line) -> list[str]:
    """What the lines say."""
    return [line.text for line in kept]


@given(st.text(max_size=40), lines, st.integers(1, 120), st.integers(1, 12), st.integers(0, 12))
@any_prompt
def test_a_prompt_is_the_instructions_and_the_newest_lines_that_fit(
    instructions: str, past: list[Line], budget: int, most: int, must_see: int
) -> None:
    prompt = build(instructions, past, budget_tokens=budget, most_messages=most, must_see=must_see)
    head = [Line(role="system", text=instructions)] if instructions else []
    kept = len(past) - prompt.left_out
    assert list(prompt.lines) == head + past[len(past) - kept :]
    assert kept >= min(must_see, len(past))
    assert kept <= max(most, must_see)
    assert prompt.estimated_tokens <= budget or kept <= must_see


@given(lines, st.integers(1, 200))
@any_prompt
def test_a_line_is_left_out_only_where_it_does_not_fit(past: list[Line], budget: int) -> None:
    prompt = build("", past, budget_tokens=budget, most_messages=len(past) + 1, must_see=0)
    if prompt.left_out:
        more = past[prompt.left_out - 1 :]
        assert build("", more, budget_tokens=10**9, most_messages=len(more), must_see=0).estimated_tokens > budget


def test_what_is_being_answered_is_kept_beyond_any_budget() -> None:
    prompt = build("Be Ada.", said("old", "x" * 100_000, "y"), budget_tokens=100, most_messages=1, must_see=2)
    assert texts(*prompt.lines) == ["Be Ada.", "x" * 100_000, "y"]
    assert prompt.left_out == 1


def test_a_line_that_does_not_fit_ends_the_past_although_an_older_one_would_fit() -> None:
    prompt = build("", said("short", "long " * 100, "new"), budget_tokens=50, most_messages=10, must_see=1)
    assert texts(*prompt.lines) == ["new"]


@given(st.text(max_size=200), st.text(max_size=200))
@any_prompt
def test_more_text_is_never_fewer_tokens(text: str, more: str) -> None:
    assert 0 <= estimate_tokens(text) <= estimate_tokens(text + more)


def test_the_estimate_is_above_what_tokenizers_count() -> None:
    """Counts of o200k_base, as platform.openai.com/tokenizer tells them."""
    assert estimate_tokens("The quick brown fox jumps over the lazy dog.") >= 10
    assert estimate_tokens("東京は日本の首都です。") >= 8


def test_a_message_is_worded_with_what_was_attached() -> None:
    attached = [Attachment(kind="document", name="bill.pdf"), Attachment(kind="photo")]
    assert worded("look", attached) == "look\n[document: bill.pdf]\n[photo]"
    assert worded("", attached[1:]) == "[photo]"
    assert worded("look", []) == "look"
