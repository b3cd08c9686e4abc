"""A model that fails in every way there is, for many at once: each message has its answer or its apology."""

import asyncio
import json

import pytest
from pydantic import JsonValue

from tests.machine import until
from tests.product import Product, Visitor
from tests.tools import http_tool

APOLOGY = "Sorry, not now."
FAULTS: dict[str, dict[str, object]] = {
    "429 until later": {"kind": "status", "status": 429, "retry_after": 1},
    "429 without a word": {"kind": "status", "status": 429},
    "529 until later": {"kind": "status", "status": 529, "retry_after": 1},
    "529 without a word": {"kind": "status", "status": 529},
    "500": {"kind": "status", "status": 500},
    "never taken": {"kind": "reset_before_accept"},
    "taken and reset": {"kind": "accept_then_reset"},
    "taken and hung": {"kind": "accept_then_hang"},
    "hung": {"kind": "hang"},
    "half a body": {"kind": "invalid_json"},
    "closed in the middle": {"kind": "close_mid_stream"},
    "stalled in the middle": {"kind": "stall_mid_stream"},
    "reset in the middle": {"kind": "reset_mid_stream"},
}
ANSWERS: dict[str, dict[str, object]] = {
    "nothing to say": {"text": ""},
    "a megabyte": {"characters": 1_000_000},
    "no such tool": {"tool_calls": [{"name": "launch", "arguments": "{}"}]},
    "no arguments": {"tool_calls": [{"name": "look_up", "arguments": '{"item": '}]},
    "calls without end": {"tool_calls": [{"name": "look_up", "arguments": json.dumps({"item": "tea"})}]},
}


@pytest.mark.slow
async def test_whatever_a_model_does_to_many_at_once_each_is_answered_or_apologised_to(product: Product) -> None:
    once = {f"once {way}": {"fault": fault, "count": 1} for way, fault in FAULTS.items()}
    always = {f"always {way}": {"fault": fault} for way, fault in FAULTS.items()}
    rules = once | always | ANSWERS
    await product.simulated.answers(*({"contains": f"<{way}>", **rule} for way, rule in rules.items()))
    model: JsonValue = {"name": "gpt-4.1-mini", "first_token_seconds": 2, "stall_seconds": 1, "timeout_seconds": 4}
    channel = await product.channel(
        apology=APOLOGY, patience_seconds=20, model=model, bursts={"policy": "queue"},
        tools=[http_tool(product.simulated)], moderation={"input": False, "output": False},
    )  # fmt: skip
    visitors = {way: Visitor(product.client, channel.id) for way in (*rules, *(f"well {n}" for n in range(5)))}
    for visitor in visitors.values():
        await visitor.enter()
    await asyncio.gather(*(visitor.say(f"<{way}>") for way, visitor in visitors.items()))

    async def all_ended() -> bool:
        return all(state in ("answered", "failed") for state, _ in await product.states())

    await until(all_ended)
    heard = {way: [str(item["text"]) for item in await visitor.heard(1)] for way, visitor in visitors.items()}
    assert {way: len(answers) for way, answers in heard.items() if len(answers) != 1 or not answers[0]} == {}
    assert {way for way, answers in heard.items() if way.startswith("always") and answers != [APOLOGY]} == set()
    assert any(answers != [APOLOGY] for answers in heard.values())
