"""A streamed answer: how long its beginning and its pauses may take, and what a broken one is."""

import json

import pytest
from pydantic import JsonValue

from adapters.ai.openai import OpenAI
from adapters.errors import EmptyAnswer, RateLimited, Unacceptable, Unreachable
from domain.bots import Api
from tests.adapters.ai.endpoint import MODEL, PROMPT, SAID, Heard, against, failure
from tests.adapters.wire import Behaviour, answering
from tests.simulated import Simulated

QUICK = MODEL.model_copy(update={"timeout_seconds": 20, "first_token_seconds": 10, "stall_seconds": 10})
APIS: list[Api] = ["chat_completions", "responses"]
METHODS = {"chat_completions": "chat/completions", "responses": "responses"}


def streaming(*events: JsonValue) -> Behaviour:
    """A server that sends these events and closes the stream."""
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    return answering(200, body, {"Content-Type": "text/event-stream"})


def said(text: str, **more: JsonValue) -> JsonValue:
    """One event with some words."""
    return {"choices": [{"delta": {"content": text}, **more}]}


@pytest.mark.parametrize("api", APIS)
async def test_a_model_that_does_not_begin_is_given_up(openai: OpenAI, simulated: Simulated, api: Api) -> None:
    await simulated.fault("hang")
    hasty = QUICK.model_copy(update={"api": api, "first_token_seconds": 0.2})
    error = await failure(openai.complete(hasty, PROMPT))
    assert str(error) == "the model 'gpt-4.1-mini' did not begin to answer in 0.2 s"
    assert isinstance(error, Unreachable)


@pytest.mark.parametrize("api", APIS)
async def test_a_model_that_falls_silent_is_given_up(openai: OpenAI, simulated: Simulated, api: Api) -> None:
    await simulated.fault("stall_mid_stream")
    await simulated.answer(characters=1000)
    hasty = QUICK.model_copy(update={"api": api, "stall_seconds": 0.2})
    error = await failure(openai.complete(hasty, PROMPT))
    assert str(error) == "the model 'gpt-4.1-mini' was silent for 0.2 s in the middle of its answer"
    assert isinstance(error, Unreachable)


@pytest.mark.slow
async def test_a_model_that_goes_on_speaking_has_all_its_time(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer("one two three four", chunk_characters=2, chunk_seconds=0.1)
    patient = QUICK.model_copy(update={"stall_seconds": 0.6, "first_token_seconds": 0.6})
    assert (await openai.complete(patient, PROMPT)).text == "one two three four"


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ["close_mid_stream", "reset_mid_stream", "invalid_json", "accept_then_reset"])
async def test_an_answer_that_breaks_off_is_none(openai: OpenAI, simulated: Simulated, api: Api, kind: str) -> None:
    await simulated.fault(kind, method=METHODS[api])
    model = QUICK.model_copy(update={"api": api})
    assert isinstance(await failure(openai.complete(model, PROMPT)), Unreachable)
    assert (await openai.complete(model, PROMPT)).text == f"You said: {SAID}"


@pytest.mark.parametrize("api", APIS)
async def test_whoever_listens_hears_the_answer_as_it_comes(openai: OpenAI, simulated: Simulated, api: Api) -> None:
    await simulated.answer("one two three", chunk_characters=4)
    heard = Heard()
    await openai.complete(QUICK.model_copy(update={"api": api}), PROMPT, heard)
    assert (heard.pieces, heard.beginnings) == (["one ", "two ", "thre", "e"], 1)


async def test_a_stream_that_ends_without_an_end_is_broken_off() -> None:
    async with against(streaming(said("half of"))) as openai:
        assert isinstance(await failure(openai.complete(QUICK, PROMPT)), Unreachable)


async def test_a_reason_to_stop_is_an_end() -> None:
    async with against(streaming(said("all"), said("", finish_reason="length"))) as openai:
        answer = await openai.complete(QUICK, PROMPT)
    assert (answer.text, answer.finish_reason) == ("all", "length")


@pytest.mark.parametrize(
    ("error", "fact"),
    [
        ({"code": "rate_limit_exceeded", "message": "canary"}, RateLimited),
        ({"type": "invalid_request_error", "message": "canary"}, Unacceptable),
        ({"code": "server_error", "message": "canary"}, Unreachable),
        ("canary", Unreachable),
    ],
)
async def test_an_error_in_the_middle_of_an_answer_is_a_fact(error: JsonValue, fact: type[Exception]) -> None:
    for events in ((said("half"), {"error": error}), ({"type": "error", "error": error},)):
        model = QUICK.model_copy(update={"api": "responses" if len(events) == 1 else "chat_completions"})
        async with against(streaming(*events)) as openai:
            assert type(await failure(openai.complete(model, PROMPT))) is fact


async def test_an_error_in_an_answer_that_is_whole_is_a_fact() -> None:
    body = json.dumps({"error": {"message": "canary"}}).encode()
    async with against(answering(200, body, {"Content-Type": "application/json"})) as openai:
        assert isinstance(await failure(openai.complete(QUICK, PROMPT)), Unreachable)


@pytest.mark.parametrize(
    "event",
    [None, 7, [], "text", {"choices": None}, {"choices": [{}]}, {"choices": [{"delta": None}]}, said(""),
     {"choices": [{"delta": {"content": 7}}]}],
)  # fmt: skip
async def test_events_without_words_are_passed_over(event: JsonValue) -> None:
    events: list[JsonValue] = [event or {}, said("", finish_reason="stop")]
    async with against(streaming(*events)) as openai:
        assert isinstance(await failure(openai.complete(QUICK, PROMPT)), EmptyAnswer)
