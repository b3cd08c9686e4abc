"""The limits of a workspace's model hold for each of its keys, whichever process asks."""

from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from adapters.ai.base import Asked
from adapters.ai.catalogue import Catalogue
from adapters.ai.transport import connections
from adapters.database import models, workspaces
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.tables import ModelAllowance
from adapters.errors import CredentialsRefused, RateLimited
from domain.bots import Model
from domain.offered_models import OfferedModel, RateLimits
from settings import Settings
from tests.adapters.ai.endpoint import PROMPT, failure
from tests.conftest import SECRET_KEY
from tests.simulated import Simulated


class Offers:
    """A model of a workspace at the simulator, and processes that ask it."""

    def __init__(self, database: Database, simulated: Simulated, stack: AsyncExitStack) -> None:
        self._database = database
        self._stack = stack
        self._settings = Settings(
            _env_file=None, secret_key=(SecretStr(SECRET_KEY),), openai_base_url=simulated.openai_base_url
        )
        self._workspace: UUID | None = None

    async def make(self, name: str, *keys: str, **limits: int) -> None:
        """A model with these keys and limits."""
        offered = OfferedModel(endpoint=self._settings.openai_base_url, limits=RateLimits.model_validate(limits))
        vault = credentials_vault(self._settings.secrets())
        async with self._database.begin() as connection:
            self._workspace = await workspaces.ensure(connection, "default")
            named = {key: f"sk-{key}" for key in keys}
            await models.add(connection, vault, self._workspace, name, offered, named, is_default=False)

    async def change_keys(self, name: str, *keys: str) -> None:
        """The model gets other keys."""
        assert self._workspace is not None
        async with self._database.begin() as connection:
            kept = await models.named(connection, self._workspace, name)
            assert kept is not None
            vault, named = credentials_vault(self._settings.secrets()), {key: f"sk-{key}" for key in keys}
            await models.change(connection, vault, self._workspace, kept.id, kept.offered, named, is_default=False)

    async def catalogue(self) -> Catalogue:
        """Who answers, as a process of its own finds it."""
        http = await self._stack.enter_async_context(connections(self._settings))
        return Catalogue(self._settings, http, self._database, credentials_vault(self._settings.secrets()))

    async def process(self, name: str) -> Asked:
        """The model as a process of its own finds it."""
        return await self.ask(await self.catalogue(), name)

    async def ask(self, catalogue: Catalogue, name: str) -> Asked:
        """Who answers for the model."""
        assert self._workspace is not None
        return await catalogue.asked(self._workspace, Model(provider=name, max_output_tokens=1000))


@pytest.mark.slow
async def test_requests_are_counted_for_each_key_by_all_processes(shared: Database, simulated: Simulated) -> None:
    async with AsyncExitStack() as stack:
        offers = Offers(shared, simulated, stack)
        await offers.make("busy", "one", "two", requests_per_minute=1)
        for _ in range(2):
            asked = await offers.process("busy")
            await asked.provider.complete(asked.model, PROMPT)
        asked = await offers.process("busy")
        error = await failure(asked.provider.complete(asked.model, PROMPT))
    assert isinstance(error, RateLimited)
    assert error.after is not None
    assert timedelta(0) < error.after <= timedelta(minutes=1)
    assert len(await simulated.asked()) == 2


async def test_a_change_holds_from_the_next_call_on(shared: Database, simulated: Simulated) -> None:
    await simulated.post("/openai/answers", refused_keys=["sk-old"])
    async with AsyncExitStack() as stack:
        offers = Offers(shared, simulated, stack)
        await offers.make("changed", "old")
        catalogue = await offers.catalogue()
        before = await offers.ask(catalogue, "changed")
        assert isinstance(await failure(before.provider.complete(before.model, PROMPT)), CredentialsRefused)
        assert (await offers.ask(catalogue, "changed")).provider is before.provider
        await offers.change_keys("changed", "new")
        after = await offers.ask(catalogue, "changed")
        assert (await after.provider.complete(after.model, PROMPT)).finish_reason == "stop"


@pytest.mark.parametrize(("is_counted", "fits"), [(True, True), (False, False)])
async def test_tokens_that_a_call_did_not_take_are_given_back(
    shared: Database, simulated: Simulated, *, is_counted: bool, fits: bool
) -> None:
    name = f"tokens-{is_counted}"
    async with AsyncExitStack() as stack:
        offers = Offers(shared, simulated, stack)
        await offers.make(name, "only", tokens_per_minute=1500)
        asked = await offers.process(name)
        if is_counted:
            await asked.provider.complete(asked.model, PROMPT)
        else:
            await simulated.fault("status", status=500)
            await failure(asked.provider.complete(asked.model, PROMPT))
        async with shared.begin() as connection:
            left = await connection.scalar(select(ModelAllowance.tokens).order_by(ModelAllowance.counted_at.desc()))
    assert left is not None
    assert (left > 1400) is fits
