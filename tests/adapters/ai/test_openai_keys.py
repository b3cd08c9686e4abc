"""Several keys of one endpoint: the next one takes over, and the one that was told to wait is left alone."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from adapters.ai.base import Checked
from adapters.ai.endpoints import Endpoint, Key, azure
from adapters.ai.keys import Keys
from adapters.errors import CredentialsRefused, RateLimited
from tests.adapters.ai.endpoint import MODEL, PROMPT, SAID, failure, speaking_to
from tests.simulated import Simulated

ONE, TWO = (Key(name, SecretStr(f"sk-of-the-tests-{name}")) for name in ("one", "two"))


async def test_a_refused_key_is_followed_by_the_next(simulated: Simulated) -> None:
    await simulated.post("/openai/answers", refused_keys=[ONE.secret.get_secret_value()])
    async with speaking_to(Endpoint(simulated.openai_base_url, (ONE, TWO))) as openai:
        for _ in range(2):
            assert (await openai.complete(MODEL, PROMPT)).text == f"You said: {SAID}"
    assert [item["status"] for item in await simulated.asked()] == [401, 200, 200]


async def test_where_every_key_is_refused_that_is_said(simulated: Simulated) -> None:
    await simulated.post("/openai/answers", refused_keys=[key.secret.get_secret_value() for key in (ONE, TWO)])
    async with speaking_to(Endpoint(simulated.openai_base_url, (ONE, TWO))) as openai:
        assert isinstance(await failure(openai.complete(MODEL, PROMPT)), CredentialsRefused)


async def test_a_key_that_is_told_to_wait_is_followed_by_the_next(simulated: Simulated) -> None:
    await simulated.fault("status", status=429, retry_after=60)
    async with speaking_to(Endpoint(simulated.openai_base_url, (ONE, TWO))) as openai:
        await openai.complete(MODEL, PROMPT)
        await simulated.fault("status", status=429, retry_after=30)
        error = await failure(openai.complete(MODEL, PROMPT))
    assert isinstance(error, RateLimited)
    assert error.after is not None
    assert timedelta(seconds=20) < error.after <= timedelta(seconds=30)
    assert [item["status"] for item in await simulated.asked()] == [429, 200, 429]


async def test_a_wait_that_the_provider_asked_for_is_kept_without_asking_again(simulated: Simulated) -> None:
    await simulated.fault("status", status=429, retry_after=60)
    async with speaking_to(simulated.openai_base_url) as openai:
        for _ in range(3):
            assert isinstance(await failure(openai.complete(MODEL, PROMPT)), RateLimited)
        other = MODEL.model_copy(update={"name": "another"})
        assert (await openai.complete(other, PROMPT)).model == "another"
    assert len(await simulated.asked()) == 2


@pytest.mark.parametrize("path", ["", "/openai/v1", "/openai/deployments/mine/chat/completions?api-version=2025-01-01"])
async def test_azure_is_asked_by_its_own_addresses_and_header(simulated: Simulated, path: str) -> None:
    async with speaking_to(azure(f"{simulated.url}/azure{path}", (ONE,), "")) as openai:
        assert (await openai.complete(MODEL, PROMPT)).text == f"You said: {SAID}"
        assert await openai.examine() == (Checked("one", None),)
        if path == "/openai/v1":
            await openai.complete(MODEL.model_copy(update={"api": "responses"}), PROMPT)


def test_keys_are_used_in_their_order_and_rest_for_one_model_alone() -> None:
    keys = Keys((ONE, TWO))
    assert keys.usable("m", 100.0) == (ONE, TWO)
    keys.rest(ONE, "m", timedelta(seconds=5), 100.0)
    assert (keys.usable("m", 104.9), keys.usable("other", 104.9), keys.usable("m", 105.0)) == (
        (TWO,), (ONE, TWO), (ONE, TWO),
    )  # fmt: skip
    assert (keys.wait("m", 101.0), keys.wait("m", 105.0)) == (timedelta(seconds=4), None)


def test_a_key_that_was_refused_is_the_last_resort() -> None:
    keys = Keys((ONE, TWO))
    keys.refuse(ONE, "m", 100.0)
    assert keys.usable("m", 101.0) == (TWO, ONE)
    assert keys.usable("m", 161.0) == (ONE, TWO)
