"""Drafts: what is shown of an answer stays as it is, whatever comes next, and nothing that may still be refused."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.bots import Moderation
from domain.drafts import may_be_shown, shown
from domain.moderation import judge_output
from domain.text import storable

RULES = Moderation()
OPEN = Moderation(output=False)
CARD = "4111 1111 1111 1111"
KEY = "sk-" + "a1B2" * 6
WORDS = st.sampled_from(
    [
        *(CARD, CARD.replace(" ", ""), CARD.replace(" ", "-"), "3782 822463 10005", KEY, f"AKIA{'0' * 16}"),
        *(f"12345678:{'x' * 35}", "xoxb-1234567890", "Pay", "with", "12", "3.5", "sk-", "漢字", "。", "½", "٣", "—"),
    ]
)
TEXTS = st.lists(st.one_of(WORDS, st.sampled_from(" .,:-_a\n\u00a0\u202f\ud83d\ude00")), max_size=12).map("".join)


@pytest.mark.slow
@settings(max_examples=200)
@example(f"Pay with {CARD}.", 17)
@example(f"Pay with {CARD}.", 28)
@example(f"Take {KEY} here", 12)
@example("\ud83d\ude00", 1)
@given(TEXTS, st.integers(min_value=0, max_value=120))
def test_what_is_shown_is_the_beginning_of_the_answer_as_it_is_stored(text: str, end: int) -> None:
    whole, _ = judge_output(storable(text), RULES.rules)
    assert whole.startswith(shown(text[:end], RULES))
    assert storable(text).startswith(shown(text[:end], OPEN))


def test_a_draft_grows_word_by_word() -> None:
    said = ["Hel", "Hello ", "Hello the", "Hello there. ", "Hello there. In 2026 ", "Hello there. In 2026 w "]
    assert [shown(text, RULES) for text in said] == [
        *("", "Hello ", "Hello ", "Hello there. ", "Hello there. In ", "Hello there. In 2026 w "),
    ]


def test_without_spaces_a_draft_grows_as_well() -> None:
    assert shown("こんにちは。お元気", RULES) == "こんにちは。お元気"


def test_what_is_removed_from_the_answer_is_in_no_draft() -> None:
    text = f"Pay with {CARD} or {KEY} today. Thanks"
    drafts = {shown(text[:end], RULES) for end in range(len(text) + 1)}
    assert max(drafts, key=len) == "Pay with [card number removed] or [access key removed] today. "
    assert not any("4111" in draft or "sk-" in draft for draft in drafts)


def test_what_nobody_judges_is_shown_to_its_last_letter() -> None:
    assert shown("Hello the", OPEN) == "Hello the"
    assert shown("Hello the", Moderation(provider="none")) == "Hello the"


@pytest.mark.parametrize(
    ("moderation", "may"),
    [
        (Moderation(), True),
        (Moderation(output=False, provider="openai"), True),
        (Moderation(provider="none"), True),
        (Moderation(provider="openai"), False),
        (Moderation.model_validate({"rules": {"words": ["forbidden"]}}), False),
        (Moderation.model_validate({"rules": {"patterns": ["forbidden"]}}), False),
        (Moderation.model_validate({"rules": {"lists": ["abuse"], "links": "refuse"}}), True),
    ],
)
def test_an_answer_that_may_still_be_refused_is_held_back(moderation: Moderation, may: bool) -> None:
    assert may_be_shown(moderation, verdict_due=False) is may
    assert not may_be_shown(moderation, verdict_due=True)
