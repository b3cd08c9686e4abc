"""The model provider, as OpenAI's own SDK and a plain client see it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import openai
import pytest
from openai.types import ModerationTextInputParam
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from simulator.wire import JSON, Object
from tests.simulator.harness import Control

HELLO: Object = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture(scope="module")
async def sdk(base_url: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's SDK, which does not try again by itself."""
    async with openai.AsyncOpenAI(base_url=f"{base_url}/openai/v1", api_key="sk-test", max_retries=0) as client:
        yield client


async def ask(client: httpx.AsyncClient, **changes: JSON) -> httpx.Response:
    return await client.post("/openai/v1/chat/completions", json={**HELLO, **changes})


async def read_into(got: bytearray, client: httpx.AsyncClient, *, streamed: bool, timeout: float = 10) -> None:
    """Read an answer piece by piece, so that what came before an error is not lost."""
    request = {**HELLO, "stream": streamed}
    async with client.stream("POST", "/openai/v1/chat/completions", json=request, timeout=timeout) as answer:
        async for part in answer.aiter_raw():
            got += part


async def complete(sdk: openai.AsyncOpenAI, text: str = "hello") -> ChatCompletion:
    return await sdk.chat.completions.create(model="gpt-4.1-mini", messages=[{"role": "user", "content": text}])


async def stream(sdk: openai.AsyncOpenAI) -> list[ChatCompletionChunk]:
    events = await sdk.chat.completions.create(
        model="gpt-4.1-mini",
        messages=[{"role": "user", "content": "hello"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    return [event async for event in events]


async def test_the_last_message_of_the_user_is_echoed(sdk: openai.AsyncOpenAI) -> None:
    completion = await sdk.chat.completions.create(
        model="m",
        messages=[
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "You said: first"},
            {"role": "user", "content": [{"type": "text", "text": "second"}]},
        ],
    )
    (choice,) = completion.choices
    assert (choice.message.content, choice.finish_reason, completion.model) == ("You said: second", "stop", "m")


async def test_usage_adds_up_and_grows_with_the_text(sdk: openai.AsyncOpenAI) -> None:
    short, long = (await complete(sdk)).usage, (await complete(sdk, "hello " * 100)).usage
    assert short is not None
    assert long is not None
    assert short.prompt_tokens + short.completion_tokens == short.total_tokens
    assert long.prompt_tokens > short.prompt_tokens
    assert long.completion_tokens > short.completion_tokens


async def test_a_stream_tells_the_same_in_pieces_and_the_usage_last(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.post("/openai/answers", default={"text": "one two three four", "chunk_characters": 5})
    chunks = await stream(sdk)
    contents = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert contents == ["", "one t", "wo th", "ree f", "our", None]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    whole = (await complete(sdk)).usage
    assert [chunk.usage for chunk in chunks] == [None] * 6 + [whole]


async def test_a_stream_ends_with_done_and_without_usage_unless_asked(client: httpx.AsyncClient) -> None:
    response = await ask(client, stream=True)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    lines = [line for line in response.text.split("\n\n") if line]
    assert lines[-1] == "data: [DONE]"
    assert all("usage" not in json.loads(line.removeprefix("data: ")) for line in lines[:-1])


async def test_rules_answer_what_contains_their_text(sdk: openai.AsyncOpenAI, control: Control) -> None:
    rules: list[JSON] = [
        {"contains": "weather", "text": "Sunny.", "count": 1},
        {"contains": "weather", "text": "Rain."},
    ]
    await control.post("/openai/answers", rules=rules, default={"text": "Hm."})
    answers = [await complete(sdk, text) for text in ("weather?", "the weather", "hello")]
    assert [answer.choices[0].message.content for answer in answers] == ["Sunny.", "Rain.", "Hm."]
    shown = (await control.client.get("/_sim/openai/answers")).json()["rules"]
    assert [rule["count"] for rule in shown] == [0, None]


async def test_what_a_change_leaves_out_stays(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.post("/openai/answers", default={"text": "Hm."})
    await control.post("/openai/answers", flagged_words={"x": "hate"})
    assert (await complete(sdk)).choices[0].message.content == "Hm."


@pytest.mark.parametrize(
    ("answer", "length", "reason"),
    [
        ({"text": ""}, 0, "stop"),
        ({"characters": 1_000_000}, 1_000_000, "stop"),
        ({"text": "cut", "finish_reason": "length"}, 3, "length"),
        ({"text": "", "finish_reason": "content_filter"}, 0, "content_filter"),
    ],
)
async def test_an_answer_can_be_empty_huge_or_cut(
    sdk: openai.AsyncOpenAI, control: Control, answer: Object, length: int, reason: str
) -> None:
    await control.post("/openai/answers", default=answer)
    whole = (await complete(sdk)).choices[0]
    assert (len(whole.message.content or ""), whole.finish_reason) == (length, reason)
    choices = [chunk.choices[0] for chunk in await stream(sdk) if chunk.choices]
    assert sum(len(choice.delta.content or "") for choice in choices) == length
    assert choices[-1].finish_reason == reason


async def test_tools_are_called(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.post("/openai/answers", default={"tool_calls": [{"name": "look_up", "arguments": '{"q":1}'}]})
    choice = (await complete(sdk)).choices[0]
    (call,) = choice.message.tool_calls or []
    assert choice.finish_reason == "tool_calls"
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("look_up", '{"q":1}')
    (streamed,) = [chunk.choices[0].delta.tool_calls for chunk in await stream(sdk) if chunk.choices][1] or []
    assert streamed.function
    assert streamed.function.name == "look_up"


async def test_delays_are_kept(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.post("/openai/answers", default={"delay_seconds": 0.2})
    with pytest.raises(openai.APITimeoutError):
        await sdk.with_options(timeout=0.1).chat.completions.create(
            model="m", messages=[{"role": "user", "content": "x"}]
        )
    assert (await complete(sdk)).choices[0].message.content == "You said: hello"


@pytest.mark.parametrize(
    ("status", "error", "kind", "code"),
    [
        (400, openai.BadRequestError, "invalid_request_error", None),
        (401, openai.AuthenticationError, "invalid_request_error", "invalid_api_key"),
        (404, openai.NotFoundError, "invalid_request_error", "model_not_found"),
        (429, openai.RateLimitError, "requests", "rate_limit_exceeded"),
        (500, openai.InternalServerError, "server_error", None),
        (503, openai.InternalServerError, "server_error", None),
        (529, openai.InternalServerError, "overloaded_error", None),
    ],
)
async def test_an_error_has_the_providers_shape(
    sdk: openai.AsyncOpenAI,
    control: Control,
    status: int,
    error: type[openai.APIStatusError],
    kind: str,
    code: str | None,
) -> None:
    await control.fault("status", platform="openai", status=status)
    with pytest.raises(error) as caught:
        await complete(sdk)
    assert (caught.value.status_code, caught.value.type, caught.value.code) == (status, kind, code)
    (entry,) = await control.ledger(kind="model")
    assert (entry["status"], entry["answer"], entry["faults"]) == (status, None, ["status"])


async def test_retry_after_comes_as_seconds_as_a_date_or_not_at_all(
    client: httpx.AsyncClient, control: Control
) -> None:
    for form in ("seconds", "http_date", "missing"):
        await control.fault("status", platform="openai", status=429, retry_after=30, retry_after_form=form)
    headers = [(await ask(client)).headers.get("retry-after") for _ in range(3)]
    assert (headers[0], headers[2]) == ("30", None)
    until = parsedate_to_datetime(headers[1] or "") - datetime.now(UTC)
    assert timedelta(seconds=25) < until <= timedelta(seconds=30)


async def test_an_answer_can_bring_its_own_fault(sdk: openai.AsyncOpenAI, control: Control) -> None:
    rule: Object = {"contains": "boom", "fault": {"kind": "status", "status": 503}}
    await control.post("/openai/answers", rules=[rule])
    with pytest.raises(openai.InternalServerError):
        await complete(sdk, "boom")
    assert (await complete(sdk)).choices


async def test_garbled_json_is_no_answer(client: httpx.AsyncClient, control: Control) -> None:
    await control.fault("invalid_json", platform="openai", count=2)
    response = await ask(client)
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    second_event = (await ask(client, stream=True)).text.split("\n\n")[1]
    with pytest.raises(json.JSONDecodeError):
        json.loads(second_event.removeprefix("data: "))


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("kind", "error"), [("close_mid_stream", httpx.RemoteProtocolError), ("reset_mid_stream", httpx.ReadError)]
)
async def test_an_answer_can_break_off_in_the_middle(
    client: httpx.AsyncClient, control: Control, streamed: bool, kind: str, error: type[httpx.HTTPError]
) -> None:
    await control.fault(kind, platform="openai")
    got = bytearray()
    with pytest.raises(error):
        await read_into(got, client, streamed=streamed)
    assert b"[DONE]" not in got
    assert not got.endswith(b"}")


async def test_a_stalled_stream_goes_on_after_its_time(client: httpx.AsyncClient, control: Control) -> None:
    await control.fault("stall_mid_stream", platform="openai", seconds=0.1)
    assert (await ask(client, stream=True)).text.endswith("data: [DONE]\n\n")


async def test_a_stalled_stream_gives_nothing_more(client: httpx.AsyncClient, control: Control) -> None:
    await control.fault("stall_mid_stream", platform="openai")
    got = bytearray()
    with pytest.raises(httpx.ReadTimeout):
        await read_into(got, client, streamed=True, timeout=0.2)
    assert b"assistant" in got
    assert b"[DONE]" not in got


async def test_a_hang_and_a_reset_meet_the_provider_too(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.fault("reset_before_accept", platform="openai")
    with pytest.raises(openai.APIConnectionError):
        await complete(sdk)
    await control.fault("hang", platform="openai", method="chat/*")
    with pytest.raises(openai.APITimeoutError):
        await complete(sdk.with_options(timeout=0.2))


async def test_a_key_is_not_needed_but_can_be_refused(
    client: httpx.AsyncClient, sdk: openai.AsyncOpenAI, control: Control
) -> None:
    assert (await ask(client)).status_code == 200
    await control.post("/openai/answers", refused_keys=["sk-test"])
    with pytest.raises(openai.AuthenticationError) as caught:
        await complete(sdk)
    assert caught.value.code == "invalid_api_key"


async def test_a_missing_model_is_not_found(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.post("/openai/answers", missing_models=["gpt-4.1-mini"])
    with pytest.raises(openai.NotFoundError) as caught:
        await complete(sdk)
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(("field", "value"), [("model", None), ("messages", []), ("messages", "hello")])
async def test_a_faulty_request_is_refused(client: httpx.AsyncClient, field: str, value: JSON) -> None:
    response = await ask(client, **{field: value})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == field


async def test_models_are_listed(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.post("/openai/answers", models=["a", "b"])
    assert [model.id async for model in sdk.models.list()] == ["a", "b"]


async def test_an_input_with_a_flagged_word_is_flagged(sdk: openai.AsyncOpenAI, control: Control) -> None:
    await control.post("/openai/answers", flagged_words={"badword": "hate"})
    one = await sdk.moderations.create(input="a BADWORD here")
    (result,) = one.results
    assert (result.flagged, result.categories.hate, result.categories.violence) == (True, True, False)
    assert result.category_scores.hate > 0.9 > 0.1 > result.category_scores.violence
    assert result.category_applied_input_types.hate == ["text"]
    assert one.model == "omni-moderation-latest"
    several = await sdk.moderations.create(input=["fine", "badword"])
    assert [verdict.flagged for verdict in several.results] == [False, True]
    part: ModerationTextInputParam = {"type": "text", "text": "badword"}
    parts = await sdk.moderations.create(input=[part])
    assert [verdict.flagged for verdict in parts.results] == [True]


async def test_the_ledger_keeps_question_and_answer(client: httpx.AsyncClient, control: Control) -> None:
    await ask(client)
    (entry,) = await control.ledger(kind="model", platform="openai")
    assert (entry["method"], entry["status"], entry["faults"]) == ("chat/completions", 200, [])
    assert (entry["request"], entry["answer"], entry["finish_reason"]) == (HELLO, "You said: hello", "stop")
