"""Verdicts: what counts is decided by flag or score, and of several wishes the strictest is done."""

import pytest
from pydantic import ValidationError

from domain.bots import CategoryRule, Moderation, Rules
from domain.moderation import judge_input, judge_output, redacted, seen_by_model
from domain.transcripts import Line
from domain.verdicts import Finding, Verdict, decide, stricter

CARD = "4111 1111 1111 1111"


def wanted(**categories: str) -> dict[str, CategoryRule]:
    """What is done about each category."""
    return {name: CategoryRule.model_validate({"action": action}) for name, action in categories.items()}


@pytest.mark.parametrize(
    ("score", "flagged", "threshold", "counts"),
    [
        (0.3, True, None, True),
        (0.9, False, None, False),
        (0.3, True, 0.5, False),
        (0.5, False, 0.5, True),
        (None, True, 0.5, True),
        (None, False, 0.0, False),
        (0.0, False, 0.0, True),
    ],
)
def test_a_category_counts_by_its_score_where_the_bot_names_one(
    score: float | None, flagged: bool, threshold: float | None, counts: bool
) -> None:
    found = decide(
        "p", [Finding(category="hate", score=score, flagged=flagged)], {"hate": CategoryRule(threshold=threshold)}
    )
    assert found == (Verdict(action="refuse", provider="p", categories=("hate",)) if counts else Verdict(provider="p"))


@pytest.mark.parametrize(
    ("actions", "done"),
    [
        (["allow", "allow"], "allow"), (["allow", "redact"], "redact"), (["redact", "refuse"], "refuse"),
        (["refuse", "end"], "end"), (["end", "hand_over"], "hand_over"), (["hand_over", "allow"], "hand_over"),
    ],
)  # fmt: skip
def test_of_several_actions_the_strictest_is_done_because_of_its_own_categories(actions: list[str], done: str) -> None:
    rules = wanted(**dict(zip("ab", actions, strict=True)))
    verdict = decide("rules", [Finding(category="a"), Finding(category="b")], rules)
    assert verdict.action == done
    assert verdict.categories == tuple(name for name in "ab" if rules[name].action == done)
    assert verdict.stops == (done in ("refuse", "end", "hand_over"))


def test_what_is_allowed_is_told_and_does_not_stop() -> None:
    verdict = judge_input("a bad word", Rules(words=("bad",)), wanted(words="allow"))
    assert (verdict.action, verdict.categories, verdict.is_told, verdict.stops) == ("allow", ("words",), True, False)


def test_of_two_judges_the_stricter_one_is_heard() -> None:
    refused, taken_out, noted = Verdict(action="refuse"), Verdict(action="redact"), Verdict(categories=("x",))
    assert stricter(taken_out, refused) == stricter(refused, taken_out) == refused
    assert stricter(taken_out, noted) == taken_out
    assert stricter(Verdict(), noted) == stricter(noted, Verdict()) == noted


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("my BAD word", "my [removed] word"),
        ("code 12-34 and 56-78", "code [removed] and [removed]"),
        ("write to ada@example.org!", "write to [removed]!"),
        ("see https://a.example/b?c, or www.x", "see [link removed] or [link removed]"),
        (f"card {CARD} here", "card [card number removed] here"),
        ("harmless", "harmless"),
    ],
)
def test_what_is_to_be_taken_out_is(said: str, kept: str) -> None:
    rules = Rules(words=("bad",), patterns=(r"\d\d-\d\d",), links="refuse", lists=("personal_data",))
    out = wanted(words="redact", patterns="redact", links="redact", personal_data="redact", card_number="redact")
    assert redacted(said, rules, out) == kept
    assert judge_input(said, rules, out).action == ("allow" if said == kept else "redact")


def test_a_model_sees_what_a_contact_said_without_what_is_taken_out_and_all_else_as_it_is() -> None:
    lines = [Line(role=role, text="a bad word") for role in ("system", "user", "assistant")]
    rules = Rules(words=("bad",))
    moderation = Moderation(rules=rules, categories=wanted(words="redact"))
    assert [line.text for line in seen_by_model(lines, moderation)] == ["a bad word", "a [removed] word", "a bad word"]
    for other in (Moderation(rules=rules), moderation.model_copy(update={"input": False})):
        assert list(seen_by_model(lines, other)) == lines


@pytest.mark.parametrize(("action", "kept"), [("allow", CARD), ("refuse", CARD), ("redact", "[card number removed]")])
def test_an_answers_card_number_is_what_the_bot_makes_of_it(action: str, kept: str) -> None:
    found = judge_output(f"It is {CARD}.", Rules(), wanted(card_number=action))
    assert found == (f"It is {kept}.", Verdict(action=action, categories=("card_number",)))  # type: ignore[arg-type]  # an action


def test_an_answers_own_words_can_be_taken_out_of_it() -> None:
    found = judge_output("A secret!", Rules(words=("secret",)), wanted(words="redact"))
    assert found == ("A [removed]!", Verdict(action="redact", categories=("words",)))


@pytest.mark.parametrize(
    "categories",
    [
        {"hate": {"action": "redact"}}, {"words": {"threshold": 0.5}}, {"hate": {"threshold": 1.1}},
        {"hate": {"action": "kill"}}, {"": {}}, {"hate": {"score": 1}},
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(categories: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Moderation.model_validate({"categories": categories})
