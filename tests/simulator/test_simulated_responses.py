"""The Responses API and Azure's addresses, as OpenAI's own SDK and a plain client see them."""

from collections.abc import AsyncIterator

import httpx
import openai
import pytest

from tests.simulator.harness import Control


@pytest.fixture(scope="module")
async def sdk(base_url: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's SDK, which does not try again by itself."""
    async with openai.AsyncOpenAI(base_url=f"{base_url}/openai/v1", api_key="sk-test", max_retries=0) as client:
        yield client


async def test_an_answer_in_one_piece_is_what_the_sdk_expects(sdk: openai.AsyncOpenAI) -> None:
    response = await sdk.responses.create(model="m", input="hello")
    assert (response.output_text, response.status, response.model) == ("You said: hello", "completed", "m")
    assert response.usage is not None
    assert response.usage.input_tokens + response.usage.output_tokens == response.usage.total_tokens


async def test_a_stream_tells_the_same_in_pieces_and_the_whole_at_the_end(
    sdk: openai.AsyncOpenAI, control: Control
) -> None:
    await control.post("/openai/answers", default={"text": "one two three", "chunk_characters": 5})
    stream = await sdk.responses.create(model="m", input=[{"role": "user", "content": "hello"}], stream=True)
    events = [event async for event in stream]
    assert [event.delta for event in events if event.type == "response.output_text.delta"] == ["one t", "wo th", "ree"]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == "one two three"


async def test_an_answer_that_was_cut_is_incomplete(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.post("/openai/answers", default={"text": "cut", "finish_reason": "length"})
    response = await sdk.responses.create(model="m", input="hello")
    assert response.incomplete_details is not None
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")


async def test_nothing_to_answer_is_refused(sdk: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        await sdk.responses.create(model="m", input="")


async def test_azure_wants_its_header_and_below_a_deployment_a_version(client: httpx.AsyncClient) -> None:
    body = {"messages": [{"role": "user", "content": "hello"}]}
    path, key, version = "/azure/openai/deployments/mine/chat/completions", {"api-key": "k"}, {"api-version": "v"}
    answers = [
        await client.post(path, json=body, headers={"Authorization": "Bearer k"}, params=version),
        await client.post(path, json=body, headers=key),
        await client.post(path, json=body, headers=key, params=version),
        await client.post("/azure/openai/v1/responses", json={"model": "m", "input": "hello"}, headers=key),
    ]
    assert [answer.status_code for answer in answers] == [401, 404, 200, 200]
    assert answers[2].json()["model"] == "mine"
