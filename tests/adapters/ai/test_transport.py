"""Connections to model endpoints: to public addresses alone, and bounded."""

import gzip

import pytest

from adapters.ai.endpoints import Endpoint
from adapters.ai.openai import OpenAI
from adapters.ai.transport import MAX_ANSWER_BYTES, is_public, model_http
from adapters.errors import NotPermitted, Unreachable
from tests.adapters.ai.endpoint import JSON_HEADERS, MODEL, PROMPT, against, failure, saying
from tests.adapters.wire import answering, serving

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "2002:a00:1::", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_open_internet_is_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_anybody_can_reach_is_public(address: str) -> None:
    assert is_public(address)


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
