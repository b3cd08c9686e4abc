"""Calls of tools in both APIs: how they are offered, how what came of them is told, and what is heard of new ones."""

import json

import pytest
from pydantic import JsonValue

from adapters.ai.openai import OpenAI
from adapters.errors import EmptyAnswer
from domain.bots import Model
from domain.tool_calls import (
    MAX_ARGUMENT_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MOST_WANTED,
    MadeCall,
    OfferedTool,
    Step,
    WantedCall,
)
from domain.transcripts import Line, Prompt
from tests.adapters.ai.endpoint import MODEL, against, saying
from tests.simulated import Simulated

RESPONSES = MODEL.model_copy(update={"api": "responses"})
SCHEMA: dict[str, JsonValue] = {"type": "object", "properties": {"item": {"type": "string"}}}
TOOL = OfferedTool(name="look_up", description="Looks up.", parameters=SCHEMA)
CALLS = (
    MadeCall(name="look_up", arguments='{"item": "tea"}', result='{"outcome": "done"}'),
    MadeCall(name="no such tool!", arguments="{", result='{"outcome": "refused"}'),
)
PROMPT = Prompt(lines=(Line(role="user", text="tea?"),), estimated_tokens=5, tools=(TOOL,))
BEHIND = PROMPT.model_copy(update={"steps": (Step(text="A moment.", calls=CALLS), Step(calls=CALLS[:1]))})


async def request(simulated: Simulated) -> dict[str, JsonValue]:
    """What the model was asked last."""
    asked = (await simulated.ledger("model"))[-1]["request"]
    assert isinstance(asked, dict)
    return asked


async def test_tools_and_what_came_of_them_are_told_in_chat_completions(openai: OpenAI, simulated: Simulated) -> None:
    await openai.complete(MODEL, BEHIND)
    asked = await request(simulated)
    function = {"name": "look_up", "description": "Looks up.", "parameters": SCHEMA}
    assert (asked["tools"], asked["tool_choice"]) == ([{"type": "function", "function": function}], "auto")

    def call(number: str, name: str, arguments: str) -> dict[str, JsonValue]:
        return {"id": number, "type": "function", "function": {"name": name, "arguments": arguments}}

    known, unknown = ("look_up", '{"item": "tea"}'), ("no_such_tool_", "{}")
    assert asked["messages"] == [
        {"role": "user", "content": "tea?"},
        {
            "role": "assistant",
            "content": "A moment.",
            "tool_calls": [call("call00000", *known), call("call00001", *unknown)],
        },
        {"role": "tool", "tool_call_id": "call00000", "content": '{"outcome": "done"}'},
        {"role": "tool", "tool_call_id": "call00001", "content": '{"outcome": "refused"}'},
        {"role": "assistant", "content": None, "tool_calls": [call("call01000", *known)]},
        {"role": "tool", "tool_call_id": "call01000", "content": '{"outcome": "done"}'},
    ]


async def test_tools_and_what_came_of_them_are_told_in_responses(openai: OpenAI, simulated: Simulated) -> None:
    await openai.complete(RESPONSES, BEHIND.model_copy(update={"may_call": False}))
    asked = await request(simulated)
    offered = {"type": "function", "name": "look_up", "description": "Looks up.", "parameters": SCHEMA, "strict": False}
    assert (asked["tools"], asked["tool_choice"]) == ([offered], "none")
    known = {"type": "function_call", "name": "look_up", "arguments": '{"item": "tea"}'}
    assert asked["input"] == [
        {"role": "user", "content": "tea?"},
        {"role": "assistant", "content": "A moment."},
        {**known, "call_id": "call00000"},
        {"type": "function_call", "call_id": "call00001", "name": "no_such_tool_", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call00000", "output": '{"outcome": "done"}'},
        {"type": "function_call_output", "call_id": "call00001", "output": '{"outcome": "refused"}'},
        {**known, "call_id": "call01000"},
        {"type": "function_call_output", "call_id": "call01000", "output": '{"outcome": "done"}'},
    ]


@pytest.mark.parametrize("model", [MODEL, RESPONSES], ids=["chat_completions", "responses"])
async def test_what_a_model_wants_called_is_heard(openai: OpenAI, simulated: Simulated, model: Model) -> None:
    wanted = [{"name": "look_up", "arguments": '{"item": "tea"}'}, {"name": "look_up", "arguments": "{}"}]
    await simulated.answer(tool_calls=wanted)
    answer = await openai.complete(model, PROMPT)
    assert answer.calls == (
        WantedCall(name="look_up", arguments='{"item": "tea"}'),
        WantedCall(name="look_up", arguments="{}"),
    )
    assert answer.text == ""


async def test_a_call_in_a_whole_response_is_heard_once() -> None:
    item: JsonValue = {"type": "function_call", "call_id": "a", "name": "look_up", "arguments": "{}"}
    async with against(saying({"output": [item, item, {"type": "reasoning"}], "status": "completed"})) as openai:
        answer = await openai.complete(RESPONSES, PROMPT)
    assert answer.calls == (WantedCall(name="look_up", arguments="{}"),)


async def test_a_call_that_comes_in_pieces_is_put_together() -> None:
    pieces: list[JsonValue] = [
        {"index": 1, "id": "b", "function": {"name": "look_up", "arguments": ""}},
        {"index": 0, "id": "a", "function": {"name": "look_up", "arguments": '{"item"'}},
        {"index": 0, "function": {"arguments": ': "tea"}'}},
        {"index": 1, "function": {"arguments": "{}"}},
    ]
    message: JsonValue = {"choices": [{"message": {"tool_calls": pieces}, "finish_reason": "tool_calls"}]}
    async with against(saying(message)) as openai:
        answer = await openai.complete(MODEL, PROMPT)
    assert [call.arguments for call in answer.calls] == ["{}", '{"item": "tea"}']


LONG = json.dumps({"item": "x" * 20_000})
HOSTILE: list[tuple[JsonValue, list[tuple[str, int]]]] = [
    (
        [{"function": {"name": "a" * 500, "arguments": LONG}}],
        [("a" * MAX_NAME_CHARACTERS, MAX_ARGUMENT_CHARACTERS + 1)],
    ),
    ([{"index": number, "function": {"name": "a"}} for number in range(200)], [("a", 0)] * MOST_WANTED),
    ([{"function": {"name": "a", "arguments": {"no": "text"}}}], [("a", 0)]),
    ([{"function": {"name": 7}}, {"function": None}, None, 7, {"index": [], "function": {"name": "b"}}], []),
    ({"not": "a list"}, []),
]


@pytest.mark.parametrize(("calls", "heard"), HOSTILE, ids=range(len(HOSTILE)))
async def test_whatever_stands_for_calls_is_bounded(calls: JsonValue, heard: list[tuple[str, int]]) -> None:
    message: JsonValue = {"choices": [{"message": {"content": "words", "tool_calls": calls}}]}
    async with against(saying(message)) as openai:
        answer = await openai.complete(MODEL, PROMPT)
    assert [(call.name, len(call.arguments)) for call in answer.calls] == heard
    assert answer.text == "words"


@pytest.mark.parametrize(
    "prompt", [PROMPT.model_copy(update={"may_call": False}), PROMPT.model_copy(update={"tools": ()})]
)
async def test_a_call_that_was_not_allowed_is_no_answer(openai: OpenAI, simulated: Simulated, prompt: Prompt) -> None:
    await simulated.answer(tool_calls=[{"name": "look_up"}], disobedient=True)
    with pytest.raises(EmptyAnswer):
        await openai.complete(MODEL, prompt)
