"""An OpenAI-compatible endpoint over HTTP: what each answer, and each lack of one, means."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from pydantic import JsonValue

from adapters.ai.base import Answer
from adapters.ai.openai import OpenAI
from adapters.errors import CredentialsRefused, EmptyAnswer, OutsideError, RateLimited, Unacceptable, Unreachable
from domain.prices import Tokens
from domain.text import MAX_MESSAGE_CHARACTERS
from domain.transcripts import estimate_tokens
from tests.adapters.ai.endpoint import (
    HASTY,
    JSON_HEADERS,
    KEY,
    MODEL,
    PROMPT,
    SAID,
    UNREADABLE,
    against,
    failure,
    saying,
    speaking_to,
)
from tests.adapters.wire import Behaviour, answering, closed_port, hanging, trickling
from tests.simulated import Simulated


async def test_a_prompt_is_asked_as_it_is_and_the_answer_comes_with_its_cost(
    openai: OpenAI, simulated: Simulated
) -> None:
    await simulated.answer("Good day.")
    answer = await openai.complete(MODEL, PROMPT)
    request = (await simulated.asked())[0]
    assert request["request"] == {
        "model": "gpt-4.1-mini",
        "messages": [
            {"role": "system", "content": "Be Ada."},
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "Hi."},
            {"role": "user", "content": SAID},
        ],
        "max_tokens": 1024,
        "temperature": 0.7,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    usage = request["usage"]
    assert isinstance(usage, dict)
    assert answer == Answer(
        text="Good day.",
        model="gpt-4.1-mini",
        input_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
        finish_reason="stop",
    )


async def test_a_model_without_a_temperature_is_asked_without_one(openai: OpenAI, simulated: Simulated) -> None:
    await openai.complete(MODEL.model_copy(update={"temperature": None}), PROMPT)
    request = (await simulated.asked())[0]["request"]
    assert isinstance(request, dict)
    assert "temperature" not in request


async def test_of_an_answer_of_a_megabyte_no_more_is_taken_than_can_be_shown(
    openai: OpenAI, simulated: Simulated
) -> None:
    await simulated.answer(characters=1_000_000)
    answer = await openai.complete(MODEL, PROMPT)
    assert (len(answer.text), answer.finish_reason) == (MAX_MESSAGE_CHARACTERS + 1, "cut")
    assert answer.output_tokens == estimate_tokens(answer.text)


async def test_an_answer_with_what_cannot_be_stored_is_cleaned(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer("a\x00b")
    assert (await openai.complete(MODEL, PROMPT)).text == "ab"


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        (400, Unacceptable),
        (401, CredentialsRefused),
        (403, CredentialsRefused),
        (404, Unacceptable),
        (408, Unreachable),
        (409, Unreachable),
        (413, Unacceptable),
        (422, Unacceptable),
        (425, Unreachable),
        (429, RateLimited),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
        (529, Unreachable),
    ],
)
async def test_each_refusal_is_a_fact_and_is_made_once(
    openai: OpenAI, simulated: Simulated, status: int, fact: type[OutsideError]
) -> None:
    await simulated.fault("status", status=status, description=f"Incorrect API key provided: {KEY}")
    error = await failure(openai.complete(MODEL, PROMPT))
    assert type(error) is fact
    assert str(status) in str(error)
    assert len(await simulated.asked()) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("form", "shortest", "longest"),
    [("seconds", 7, 7), ("http_date", 4, 7)],
)
async def test_retry_after_is_honoured_in_both_forms(
    openai: OpenAI, simulated: Simulated, status: int, form: str, shortest: int, longest: int
) -> None:
    await simulated.fault("status", status=status, retry_after=7, retry_after_form=form)
    error = await failure(openai.complete(MODEL, PROMPT))
    assert isinstance(error, RateLimited | Unreachable)
    assert error.after is not None
    assert timedelta(seconds=shortest) <= error.after <= timedelta(seconds=longest)


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("-5", timedelta(0)),
        ("0.5", timedelta(seconds=0.5)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta(0)),
        ("Thu, 32 Foo 2030 99:99:99 GMT", None),
        ("999999999999", timedelta(hours=1)),
    ],
)
async def test_an_odd_retry_after_is_taken_for_what_it_can_mean(value: str, after: timedelta | None) -> None:
    async with against(answering(429, b"{}", {**JSON_HEADERS, "Retry-After": value})) as openai:
        error = await failure(openai.complete(MODEL, PROMPT))
    assert isinstance(error, RateLimited)
    assert error.after == after


async def test_a_refused_key_is_said_with_its_remedy(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.post("/openai/answers", refused_keys=[KEY])
    error = await failure(openai.complete(MODEL, PROMPT))
    assert isinstance(error, CredentialsRefused)
    assert "OPENAI_API_KEY" in str(error)


@pytest.mark.parametrize("text", ["", " \n\t "])
async def test_an_answer_without_words_is_empty(openai: OpenAI, simulated: Simulated, text: str) -> None:
    await simulated.answer(text)
    assert isinstance(await failure(openai.complete(MODEL, PROMPT)), EmptyAnswer)


async def test_a_call_of_a_tool_without_words_is_empty(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.answer(tool_calls=[{"name": "look_up"}])
    assert isinstance(await failure(openai.complete(MODEL, PROMPT)), EmptyAnswer)


def choice(content: JsonValue) -> JsonValue:
    """An answer with one choice."""
    return {"choices": [{"message": {"role": "assistant", "content": content}}]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "text",
        7,
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        {"choices": "text"},
        {"choices": {"0": "text"}},
        {"choices": 7},
        choice(None),
        choice(7),
        choice(["a", "list"]),
    ],
)
async def test_an_answer_that_holds_none_is_empty(body: JsonValue) -> None:
    async with against(saying(body)) as openai:
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), EmptyAnswer)


@pytest.mark.parametrize(
    "odd",
    [
        {"usage": None, "model": None},
        {"usage": "much", "model": 7},
        {"usage": {"prompt_tokens": "many", "completion_tokens": None}, "model": ""},
        {"usage": {"prompt_tokens": -5, "completion_tokens": True}},
    ],
)
async def test_words_are_taken_although_what_is_beside_them_is_odd(odd: dict[str, JsonValue]) -> None:
    described = choice("words")
    assert isinstance(described, dict)
    async with against(saying({**described, **odd})) as openai:
        answer = await openai.complete(MODEL, PROMPT)
    assert (answer.text, answer.model) == ("words", "gpt-4.1-mini")
    assert answer.tokens == Tokens(input=PROMPT.estimated_tokens, output=estimate_tokens("words"))


async def test_counts_beyond_reason_are_cut(simulated: Simulated) -> None:
    described = choice("words")
    assert isinstance(described, dict)
    async with against(saying({**described, "usage": {"prompt_tokens": 10**30}, "model": "m" * 10_000})) as openai:
        answer = await openai.complete(MODEL, PROMPT)
    assert (answer.input_tokens, len(answer.model)) == (2**31 - 1, 200)


@pytest.mark.parametrize("behaviour", UNREADABLE)
async def test_what_cannot_be_read_is_tried_again(behaviour: Behaviour) -> None:
    async with against(behaviour) as openai:
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), Unreachable | EmptyAnswer)


async def test_an_answer_cut_in_half_is_tried_again(openai: OpenAI, simulated: Simulated) -> None:
    for kind in ("invalid_json", "close_mid_stream", "reset_mid_stream", "reset_before_accept", "accept_then_reset"):
        await simulated.fault(kind, method="chat/completions")
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), Unreachable)
    assert (await openai.complete(MODEL, PROMPT)).text == f"You said: {SAID}"


async def test_an_endpoint_that_is_not_there_is_unreachable() -> None:
    async with speaking_to(f"http://127.0.0.1:{closed_port()}/v1") as openai:
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), Unreachable)


@pytest.mark.parametrize("behaviour", [hanging, trickling])
async def test_a_call_takes_no_longer_than_the_model_may(behaviour: Behaviour) -> None:
    async with against(behaviour) as openai:
        started = time.monotonic()
        assert isinstance(await failure(openai.complete(HASTY, PROMPT)), Unreachable)
        assert time.monotonic() - started < 3


async def test_a_call_can_be_cancelled(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.fault("hang", method="chat/completions")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await openai.complete(MODEL, PROMPT)


Call = Callable[[OpenAI], Awaitable[object]]


@pytest.mark.slow
@pytest.mark.parametrize("call", [lambda it: it.complete(MODEL, PROMPT), lambda it: it.judge(SAID)])
async def test_neither_key_nor_words_are_logged(
    openai: OpenAI, simulated: Simulated, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await call(openai)
        await simulated.fault("status", status=500)
        await failure(call(openai))
    assert "canary" not in caplog.text
