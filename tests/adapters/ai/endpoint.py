"""An endpoint that answers as it is told, and what is said to it."""

import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
from pydantic import JsonValue, SecretStr

from adapters.ai.endpoints import Endpoint, Key
from adapters.ai.openai import OpenAI
from adapters.ai.transport import model_http
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
    async with serving(behaviour) as wire, speaking_to(f"{wire.url}/v1") as adapter:
        yield adapter


@asynccontextmanager
async def speaking_to(place: str | Endpoint) -> AsyncIterator[OpenAI]:
    """The adapter, pointed at an address with one key, or at an endpoint."""
    endpoint = Endpoint(place, (Key("first", SecretStr(KEY)),)) if isinstance(place, str) else place
    async with model_http(["127.0.0.1"]) as http:
        yield OpenAI(endpoint, http)


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
