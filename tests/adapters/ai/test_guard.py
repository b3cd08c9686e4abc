"""A guard model's answers, as verdicts."""

import pytest

from adapters.ai.guard import Guard, read
from adapters.ai.openai import OpenAI
from adapters.errors import Unreachable
from domain.moderation import Verdict
from tests.adapters.ai.endpoint import MODEL
from tests.simulated import Simulated


@pytest.mark.parametrize(
    ("answer", "action", "categories"),
    [
        ("safe", "allow", ()),
        ("\n\nSafe.\n", "allow", ()),
        ("No", "allow", ()),
        ("0", "allow", ()),
        ("unsafe\nS1,S10", "refuse", ("S1", "S10")),
        ("unsafe S1, S10", "refuse", ("S1", "S10")),
        ("Yes", "refuse", ("unsafe",)),
        ("1", "refuse", ("unsafe",)),
    ],
)
def test_an_answer_is_a_verdict(answer: str, action: str, categories: tuple[str, ...]) -> None:
    verdict = read("guard", answer)
    assert (verdict.provider, verdict.action, verdict.categories) == ("guard", action, categories)


@pytest.mark.parametrize("answer", ["I can't help with that.", "!?", "maybe", "safety first", "unsafely"])
def test_an_answer_that_is_no_verdict_is_none(answer: str) -> None:
    with pytest.raises(Unreachable, match="no verdict"):
        read("guard", answer)


def test_what_was_found_is_bounded() -> None:
    assert len(read("guard", "unsafe\n" + ",".join("x" * 1000 for _ in range(1000))).categories) == 20


async def test_the_policy_is_told_before_the_text(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer("safe")
    assert await Guard(openai, "guard", MODEL, "Judge it.").judge("some words") == Verdict(provider="guard")
    request = (await simulated.asked())[0]["request"]
    assert isinstance(request, dict)
    assert request["messages"] == [
        {"role": "system", "content": "Judge it."},
        {"role": "user", "content": "some words"},
    ]
    assert (request["temperature"], request["max_tokens"]) == (0.0, 200)
