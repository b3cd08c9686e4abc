"""An endpoint that answers as it is told, and what is said to it."""

import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
from pydantic import JsonValue

from adapters.ai.openai import OpenAI
from adapters.errors import OutsideError
from domain.bots import Model
from domain.transcripts import Line, Prompt
from tests.adapters.wire import Behaviour, answering, cut_short, resetting, serving

KEY = "sk-canary-of-the-tests-0123456789"
SAID = "a canary that the contact said"
MODEL = Model(name="gpt-4.1-mini", timeout_seconds=5)
HASTY = MODEL.model_copy(update={"timeout_seconds": 0.3})
PROMPT = Prompt(
    lines=(
        Line(role="system", text="Be Ada."),
        Line(role="user", text="hello"),
        Line(role="assistant", text="Hi."),
        Line(role="user", text=SAID),
    ),
    estimated_tokens=20,
)
JSON_HEADERS = {"Content-Type": "application/json"}


@asynccontextmanager
async def against(behaviour: Behaviour) -> AsyncIterator[OpenAI]:
    """The adapter, pointed at a server that behaves so."""
    async with serving(behaviour) as wire:
        adapter = OpenAI(KEY, f"{wire.url}/v1")
        try:
            yield adapter
        finally:
            await adapter.close()


def saying(answer: JsonValue) -> Behaviour:
    """A server that answers 200 with this JSON."""
    return answering(200, json.dumps(answer).encode(), JSON_HEADERS)


async def failure(work: Awaitable[object]) -> OutsideError:
    """What it raises; no message holds the key, what was said, or the body of the answer."""
    with pytest.raises(OutsideError) as raised:
        await work
    shown = str(raised.value)
    assert KEY not in shown
    assert SAID not in shown
    assert "canary" not in shown
    return raised.value


DEEP = b"[" * 100_000 + b"]" * 100_000
UNREADABLE: list[Behaviour] = [
    answering(200, b'{"choices": [', JSON_HEADERS),
    answering(200, b"", JSON_HEADERS),
    answering(200, b"\xff\xfe\x00", JSON_HEADERS),
    answering(200, DEEP, JSON_HEADERS),
    answering(200, b"<html>canary</html>", {"Content-Type": "text/html"}),
    answering(200, b'{"choices": []}', {"Content-Type": "text/plain"}),
    answering(302, b"", {"Location": "/elsewhere"}),
    cut_short(200, b'{"choices": [', 5000, JSON_HEADERS),
    resetting,
]
