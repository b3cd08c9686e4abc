"""Calls of tools over HTTP: what went out, what came back in words for the model, and what is never called."""

import time
from collections.abc import AsyncIterator

import pytest
from pydantic import JsonValue

from adapters.tools.base import Outgoing
from adapters.tools.http import HttpCaller
from adapters.tools.schemas import argument_fault, schema_fault
from domain.tool_calls import CallOutcome, Result
from domain.tools import HttpTool
from tests.simulated import Simulated
from tests.tools import http_tool, order_tool


@pytest.fixture
async def caller() -> AsyncIterator[HttpCaller]:
    """A caller to whom this machine is allowed."""
    made = HttpCaller("test", ("127.0.0.1",))
    yield made
    await made.close()


async def call(caller: HttpCaller, tool: dict[str, JsonValue], *, seconds: float = 10, **secrets: str) -> Result:
    """Call a tool for tea."""
    made = HttpTool.model_validate(tool)
    return await caller.call(Outgoing(made, {"item": "tea"}, secrets, "call-1", time.monotonic() + seconds))


async def test_a_call_carries_its_key_its_headers_and_its_secrets(caller: HttpCaller, simulated: Simulated) -> None:
    tool = order_tool(simulated, headers={"X-Shop": "7"}, secret_headers={"Authorization": "shop"})
    result = await call(caller, tool, shop="Bearer s3cret")
    assert (result.outcome, result.content) == (CallOutcome.DONE, {"status": 200, "body": {"ok": True}})
    (heard,) = await simulated.called()
    headers = heard["headers"]
    assert isinstance(headers, dict)
    assert heard["body"] == {"item": "tea"}
    assert {name: headers[name] for name in ("x-shop", "authorization", "idempotency-key", "content-type")} == {
        "x-shop": "7",
        "authorization": "Bearer s3cret",
        "idempotency-key": "call-1",
        "content-type": "application/json",
    }


@pytest.mark.parametrize(
    ("answer", "outcome", "told"),
    [
        ({"status": 404, "body": {"detail": "none"}}, "failed", {"status": 404, "body": {"detail": "none"}}),
        ({"status": 503}, "failed", {"status": 503, "body": {"ok": True}}),
        ({"text": "plain", "content_type": "text/plain; charset=utf-8"}, "done", {"status": 200, "body": "plain"}),
        ({"text": "a\u0000b"}, "done", {"status": 200, "problem": "The answer said that it was JSON, and was not."}),
        ({"body": {"a": "b\u0000"}}, "done", {"status": 200, "body": {"a": "b\u0000"}}),
        ({"text": "PNG", "content_type": "image/png"}, "done", "of a kind that cannot be read"),
        ({"text": "x" * 70_000, "content_type": "text/plain"}, "done", "too long"),
        ({"status": 302, "location": "http://127.0.0.1:1/"}, "failed", "a redirect, which is not followed"),
    ],
)
async def test_what_comes_back_is_told_in_words(
    caller: HttpCaller, simulated: Simulated, answer: dict[str, JsonValue], outcome: str, told: JsonValue
) -> None:
    await simulated.post("/tools/answers", look_up=answer)
    result = await call(caller, http_tool(simulated))
    assert result.outcome == outcome
    assert result.content == told if isinstance(told, dict) else str(told) in str(result.content)
    assert len(await simulated.called()) == 1


@pytest.mark.parametrize("fault", ["accept_then_reset", "accept_then_hang", "status"])
async def test_nobody_can_say_what_became_of_an_effect_without_an_answer(
    caller: HttpCaller, simulated: Simulated, fault: str
) -> None:
    await simulated.fault(fault, platform="tools")
    assert (await call(caller, order_tool(simulated), seconds=1)).outcome is CallOutcome.UNKNOWN


async def test_without_effects_a_missing_answer_is_a_failure(caller: HttpCaller, simulated: Simulated) -> None:
    await simulated.fault("accept_then_reset", platform="tools")
    assert (await call(caller, http_tool(simulated))).outcome is CallOutcome.FAILED


async def test_an_effect_that_was_not_written_was_not_done(caller: HttpCaller, simulated: Simulated) -> None:
    nowhere = order_tool(simulated, url="http://127.0.0.1:1/order")
    assert (await call(caller, nowhere)).outcome is CallOutcome.FAILED
    assert (await call(caller, order_tool(simulated), seconds=-1)).outcome is CallOutcome.FAILED
    assert await simulated.called() == []


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/", "https://localhost:1/", "https://169.254.169.254/latest"])
async def test_a_private_address_is_not_called(simulated: Simulated, url: str) -> None:
    guarded = HttpCaller("test")
    tool = http_tool(simulated, url=url, hosts=["127.0.0.1", "localhost", "169.254.169.254"])
    result = await call(guarded, tool)
    await guarded.close()
    assert (result.outcome, "public internet" in str(result.content)) == (CallOutcome.REFUSED, True)


async def test_plain_http_is_not_spoken_to_strangers(simulated: Simulated) -> None:
    guarded = HttpCaller("test")
    assert (await call(guarded, http_tool(simulated))).outcome is CallOutcome.REFUSED
    await guarded.close()
    assert await simulated.called() == []


def test_a_schema_is_held_to_what_it_says() -> None:
    schema: dict[str, JsonValue] = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 3}}}
    assert argument_fault(schema, {"n": 3}) is None
    assert argument_fault(schema, {"n": 4}) == "n: 4 is greater than the maximum of 3"
    assert schema_fault(schema) is None
    assert schema_fault({"type": "object", "required": 7}) is not None


def test_a_schema_leads_nowhere_else() -> None:
    schema: dict[str, JsonValue] = {"type": "object", "properties": {"n": {"$ref": "http://127.0.0.1:1/schema"}}}
    assert argument_fault(schema, {"n": 3}) == "the tool's schema cannot be followed"
