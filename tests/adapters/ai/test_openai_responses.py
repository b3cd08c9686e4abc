"""The Responses API: what is asked, and every shape of an answer."""

import pytest
from pydantic import JsonValue

from adapters.ai.base import Answer
from adapters.ai.openai import OpenAI
from adapters.errors import CredentialsRefused, EmptyAnswer
from domain.prices import Tokens
from tests.adapters.ai.endpoint import KEY, MODEL, PROMPT, SAID, against, failure, saying
from tests.simulated import Simulated

RESPONSES = MODEL.model_copy(update={"api": "responses"})


@pytest.mark.slow
async def test_a_prompt_is_asked_as_it_is_and_nothing_of_it_is_to_be_kept(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer("Good day.")
    answer = await openai.complete(RESPONSES, PROMPT)
    (asked,) = [item for item in await simulated.ledger("model") if item["method"] == "responses"]
    assert asked["request"] == {
        "model": "gpt-4.1-mini",
        "input": [
            {"role": "system", "content": "Be Ada."},
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "Hi."},
            {"role": "user", "content": SAID},
        ],
        "max_output_tokens": 1024,
        "store": False,
        "temperature": 0.7,
        "stream": True,
    }
    usage = asked["usage"]
    assert isinstance(usage, dict)
    assert answer == Answer(
        text="Good day.",
        model="gpt-4.1-mini",
        input_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
        finish_reason="completed",
    )


async def test_an_answer_that_was_cut_says_why(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer("Good", finish_reason="length")
    assert (await openai.complete(RESPONSES, PROMPT)).finish_reason == "max_output_tokens"


async def test_a_model_without_a_temperature_is_asked_without_one_from_then_on(
    openai: OpenAI, simulated: Simulated
) -> None:
    await simulated.post("/openai/answers", reasoning_models=["gpt-4.1-mini"])
    await openai.complete(RESPONSES, PROMPT)
    await openai.complete(RESPONSES, PROMPT)
    asked = [item["status"] for item in await simulated.ledger("model")]
    assert asked == [400, 200, 200]


async def test_a_refused_key_is_said(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.post("/openai/answers", refused_keys=[KEY])
    assert isinstance(await failure(openai.complete(RESPONSES, PROMPT)), CredentialsRefused)


async def test_a_call_of_a_tool_without_words_is_empty(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer(tool_calls=[{"name": "look_up"}])
    assert isinstance(await failure(openai.complete(RESPONSES, PROMPT)), EmptyAnswer)


async def test_an_answer_in_one_piece_is_read_as_well() -> None:
    counted: JsonValue = {"input_tokens": 100, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 80}}
    parts: JsonValue = [{"type": "output_text", "text": "words"}, {"type": "refusal", "refusal": "!"}, None]
    whole: JsonValue = {
        "output": [{"type": "reasoning"}, None, {"type": "message", "content": parts}],
        "usage": counted, "status": "completed", "model": "gpt-x",
    }  # fmt: skip
    async with against(saying(whole)) as openai:
        answer = await openai.complete(RESPONSES, PROMPT)
    assert (answer.text, answer.model, answer.tokens) == ("words!", "gpt-x", Tokens(input=100, output=5, cached=80))


@pytest.mark.parametrize(
    "body", [{}, [], 7, {"output": None}, {"output": [{}]}, {"output": [{"content": [{"type": "output_text"}]}]}]
)
async def test_an_answer_that_holds_none_is_empty(body: JsonValue) -> None:
    async with against(saying(body)) as openai:
        assert isinstance(await failure(openai.complete(RESPONSES, PROMPT)), EmptyAnswer)
