"""What a model is asked with, and what it counts: newer ones refuse parameters that compatible servers want."""

import json

from pydantic import JsonValue

from adapters.ai.openai import OpenAI
from adapters.errors import EmptyAnswer, Unacceptable
from domain.prices import Tokens
from tests.adapters.ai.endpoint import JSON_HEADERS, MODEL, PROMPT, against, failure, saying, speaking_to
from tests.adapters.wire import answering, serving
from tests.simulated import Simulated


async def test_a_model_that_refuses_parameters_is_asked_without_them_from_then_on(
    openai: OpenAI, simulated: Simulated
) -> None:
    await simulated.post("/openai/answers", reasoning_models=["gpt-5"])
    newer = MODEL.model_copy(update={"name": "gpt-5"})
    for model in (newer, newer, MODEL):
        await openai.complete(model, PROMPT)
    asked = await simulated.asked()
    assert [item["status"] for item in asked] == [400, 400, 200, 200, 200]
    requests = [item["request"] for item in asked[2:]]
    assert [_parameters(request) for request in requests] == [
        {"max_completion_tokens": 1024},
        {"max_completion_tokens": 1024},
        {"max_tokens": 1024, "temperature": 0.7},
    ]


def _parameters(request: object) -> dict[str, object]:
    assert isinstance(request, dict)
    return {
        name: value for name, value in request.items() if name not in ("model", "messages", "stream", "stream_options")
    }


async def test_a_server_that_refuses_a_parameter_again_is_asked_no_more() -> None:
    error = {"message": "canary", "param": "max_tokens", "code": "unsupported_parameter"}
    refusing = answering(400, json.dumps({"error": error}).encode(), JSON_HEADERS)
    async with serving(refusing) as wire, speaking_to(f"{wire.url}/v1") as openai:
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), Unacceptable)
    assert len(wire.requests) == 2


async def test_what_was_cached_is_counted_apart() -> None:
    counted: JsonValue = {
        "prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 80}
    }  # fmt: skip
    async with against(saying({"choices": [{"message": {"content": "words"}}], "usage": counted})) as openai:
        assert (await openai.complete(MODEL, PROMPT)).tokens == Tokens(input=100, output=5, cached=80)


async def test_an_empty_answer_says_what_it_counted(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer("")
    error = await failure(openai.complete(MODEL, PROMPT))
    usage = (await simulated.asked())[0]["usage"]
    assert isinstance(error, EmptyAnswer)
    assert isinstance(usage, dict)
    assert error.tokens == Tokens(input=usage["prompt_tokens"], output=0)
