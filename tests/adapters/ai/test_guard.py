"""A guard model's answers, as verdicts."""

import pytest

from adapters.ai.base import Asked
from adapters.ai.guard import Guard, read
from adapters.ai.openai import OpenAI
from adapters.errors import Unreachable
from domain.transcripts import Prompt
from tests.adapters.ai.endpoint import MODEL
from tests.simulated import Simulated


@pytest.mark.parametrize(
    ("answer", "categories"),
    [
        ("safe", []),
        ("\n\nSafe.\n", []),
        ("No", []),
        ("0", []),
        ("unsafe\nS1,S10", ["S1", "S10"]),
        ("unsafe S1, S10", ["S1", "S10"]),
        ("Yes", ["unsafe"]),
        ("1", ["unsafe"]),
    ],
)
def test_an_answer_names_what_was_found(answer: str, categories: list[str]) -> None:
    assert [(found.category, found.flagged) for found in read("guard", answer)] == [(name, True) for name in categories]


@pytest.mark.parametrize("answer", ["I can't help with that.", "!?", "maybe", "safety first", "unsafely"])
def test_an_answer_that_is_no_verdict_is_none(answer: str) -> None:
    with pytest.raises(Unreachable, match="no verdict"):
        read("guard", answer)


def test_what_was_found_is_bounded() -> None:
    assert len(read("guard", "unsafe\n" + ",".join("x" * 1000 for _ in range(1000)))) == 20


async def test_the_policy_is_told_before_the_text(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer("safe")

    async def asking(asked: Asked, prompt: Prompt) -> str:
        assert prompt.estimated_tokens > 5
        return (await asked.provider.complete(asked.model, prompt)).text

    assert await Guard(Asked(openai, MODEL), "guard", "Judge it.").judge("some words", asking) == ()
    request = (await simulated.asked())[0]["request"]
    assert isinstance(request, dict)
    assert request["messages"] == [
        {"role": "system", "content": "Judge it."},
        {"role": "user", "content": "some words"},
    ]
    assert (request["temperature"], request["max_tokens"]) == (0.0, 200)
