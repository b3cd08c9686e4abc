"""Connections to model endpoints: to public addresses alone, and bounded."""

import gzip

import pytest

from adapters.ai.endpoints import Endpoint
from adapters.ai.openai import OpenAI
from adapters.ai.transport import MAX_ANSWER_BYTES, model_http
from adapters.errors import NotPermitted, Unreachable
from tests.adapters.ai.endpoint import JSON_HEADERS, MODEL, PROMPT, against, failure, saying
from tests.adapters.wire import answering, serving


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f.1", "[::1]"])
async def test_a_private_address_is_not_called_unless_the_installation_names_it(host: str) -> None:
    async with serving(saying({})) as wire, model_http() as http:
        openai = OpenAI(Endpoint(f"http://{host}:{wire.port}/v1"), http)
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), NotPermitted)
        assert wire.connections == 0


async def test_a_name_without_an_address_is_unreachable() -> None:
    async with model_http() as http:
        openai = OpenAI(Endpoint("http://nowhere.invalid/v1"), http)
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), Unreachable)


@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_beyond_all_reason_is_given_up(status: int) -> None:
    endless = b'{"choices": "' + b"a" * MAX_ANSWER_BYTES
    async with against(answering(status, endless, JSON_HEADERS)) as openai:
        error = await failure(openai.complete(MODEL, PROMPT))
    assert isinstance(error, Unreachable)
    assert "bytes" in str(error)


async def test_a_compressed_answer_is_not_unpacked() -> None:
    packed = gzip.compress(b'{"choices": [{"message": {"content": "words"}}]}')
    async with against(answering(200, packed, {**JSON_HEADERS, "Content-Encoding": "gzip"})) as openai:
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), Unreachable)
