"""The codec endpoint: Temporal UI reads payloads through it, for whoever holds a key."""

from collections.abc import AsyncIterator

import httpx
import pytest
from google.protobuf import json_format
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, Payloads

from adapters.database.engine import Database
from adapters.database.tables import Role
from adapters.temporal.client import vault
from adapters.temporal.codec import ENCODING, EncryptionCodec
from settings import Settings
from tests.product import make_key, running_api

UI = "http://127.0.0.1:8233"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"hello"')


@pytest.fixture
def encrypted(settings: Settings) -> Settings:
    """The settings of an installation that encrypts, with Temporal UI beside it."""
    return settings.model_copy(update={"encrypt_payloads": True, "temporal_ui_url": UI})


@pytest.fixture
async def client(encrypted: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The API with an operator's key."""
    key = await make_key(encrypted, database, role=Role.OPERATOR)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    async with running_api(encrypted) as url, httpx.AsyncClient(base_url=url, headers=headers) as made:
        yield made


def body(*payloads: Payload) -> str:
    """Payloads as Temporal UI posts them."""
    return json_format.MessageToJson(Payloads(payloads=payloads))


def payloads_of(answer: httpx.Response) -> list[Payload]:
    """The payloads of an answer."""
    assert answer.status_code == 200, answer.text
    return list(json_format.Parse(answer.content, Payloads()).payloads)


async def test_what_was_encrypted_is_decoded(client: httpx.AsyncClient, encrypted: Settings) -> None:
    (sealed,) = await EncryptionCodec(vault(encrypted)).encode([PLAIN])
    assert payloads_of(await client.post("/codec/decode", content=body(sealed, PLAIN))) == [PLAIN, PLAIN]


async def test_what_is_encoded_is_encrypted_and_comes_back(client: httpx.AsyncClient) -> None:
    (sealed,) = payloads_of(await client.post("/codec/encode", content=body(PLAIN)))
    assert sealed.metadata["encoding"] == ENCODING
    assert b"hello" not in sealed.SerializeToString()
    assert payloads_of(await client.post("/codec/decode", content=body(sealed))) == [PLAIN]


async def test_an_installation_that_does_not_encrypt_encodes_nothing(settings: Settings, database: Database) -> None:
    headers = {"Authorization": f"Bearer {await make_key(settings, database)}"}
    async with running_api(settings) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        assert payloads_of(await client.post("/codec/encode", content=body(PLAIN))) == [PLAIN]


async def test_only_operators_may_read(client: httpx.AsyncClient, encrypted: Settings, database: Database) -> None:
    viewer = await make_key(encrypted, database, role=Role.VIEWER)
    for authorization, status in (("", 401), ("Bearer garbage", 401), (f"Bearer {viewer}", 403)):
        for verb in ("encode", "decode"):
            headers = {"Authorization": authorization}
            answer = await client.post(f"/codec/{verb}", content=body(PLAIN), headers=headers)
            assert answer.status_code == status


async def test_a_key_that_is_gone_is_named_as_the_reason(client: httpx.AsyncClient, encrypted: Settings) -> None:
    other = encrypted.model_copy(update={"secret_key": (SecretStr("another key of 32 bytes and more"),)})
    (sealed,) = await EncryptionCodec(vault(other)).encode([PLAIN])
    answer = await client.post("/codec/decode", content=body(sealed))
    assert (answer.status_code, answer.json()["code"]) == (422, "key_missing")


async def test_what_is_no_list_of_payloads_is_refused(client: httpx.AsyncClient) -> None:
    bodies = (b"", b"{", b"[]", b"[1]", b"5", b"null", b'"x"', b'{"payloads": 5}', b'{"payloads": [5]}',
              b'{"payloads": [{"metadata": 5}]}', b'{"more": 1}', b"[" * 100_000, b'{"payloads":' * 50_000,
              b"\xff\xfe")  # fmt: skip
    for content in bodies:
        for verb in ("encode", "decode"):
            answer = await client.post(f"/codec/{verb}", content=content)
            assert (answer.status_code, answer.json()["code"]) == (400, "unreadable"), content[:40]
    assert (await client.post("/codec/decode", content=b" " * (4 * 1024 * 1024 + 1))).status_code == 413


async def test_a_sealed_payload_of_garbage_is_refused(client: httpx.AsyncClient) -> None:
    for key_id in (b"", b"\xff", b"unknown"):
        metadata = {"encoding": ENCODING, "encryption-key-id": key_id}
        for data in (b"", b"x", b"x" * 100):
            answer = await client.post("/codec/decode", content=body(Payload(metadata=metadata, data=data)))
            assert answer.status_code == 422


async def test_temporal_ui_may_call_from_its_own_origin_and_nobody_else(client: httpx.AsyncClient) -> None:
    for origin, status in ((UI, 204), ("http://127.0.0.1:8234", 405), ("null", 405)):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization,content-type,x-namespace"}  # fmt: skip
        preflight = await client.options("/codec/decode", headers=asked)
        answer = await client.post("/codec/decode", content=body(PLAIN), headers={"Origin": origin})
        allowed = [marked.headers.get("Access-Control-Allow-Origin") for marked in (preflight, answer)]
        assert (preflight.status_code, allowed) == (status, [origin if status == 204 else None] * 2)
