"""An owner's patterns: whatever they are, they take no longer than their text is long."""

import time

import pytest
from pydantic import ValidationError

from domain.bots import Rules
from domain.moderation import judge_input
from domain.patterns import compiled

HOSTILE = (
    r"(a+)+$", r"(a|a)*b", r"(.*a){20}", r"(?:a?){30}a{30}b", r"(.{0,100}a.{0,100}b){3}", r"(x{0,30}){0,30}y",
    r"(a{0,100}b?){9}c", r"(?:.*a.{50}){5}c", r"\w{0,500}z", r"(?:[ab]*a[ab]{60}){8}c", r"[ab]*a[ab]{200}c",
)  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE)
def test_no_pattern_hangs_whatever_it_meets(source: str) -> None:
    rules = Rules(patterns=(source,))
    started = time.process_time()
    for piece in ("a", "ab", "aab", "x"):
        judge_input((piece * 100_000)[:100_000], rules)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "source", ["(", "a{1001}", r"(?=ahead)", r"(?<!behind)a", r"(a)\1", "(" * 200 + "a{500}" + "){500}" * 30]
)
def test_what_is_no_pattern_is_refused(source: str) -> None:
    with pytest.raises(ValidationError, match=r"RE2|at most"):
        Rules(patterns=(source,))


def test_a_whole_word_of_another_script_is_to_be_a_word() -> None:
    with pytest.raises(ValidationError, match="use words"):
        Rules(patterns=(r"\bпривет\b",))
    assert judge_input("Ну ПРИВЕТ!", Rules(words=("привет",))).action == "refuse"


def test_other_scripts_and_pictures_are_found_in_any_case() -> None:
    assert compiled("ärger+").search("Großer ÄRGERR")
    assert compiled(r"\p{Han}{2}").search("一二")
    assert compiled("x").sub("[removed]", "aXb😀x") == "a[removed]b😀[removed]"
