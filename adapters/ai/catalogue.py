"""Which provider answers for which model: those of the settings, and those of each workspace."""

from datetime import datetime
from uuid import UUID

import httpx2
from pydantic import SecretStr

from adapters.ai.allowances import Allowances
from adapters.ai.base import Asked, Judge, Provider
from adapters.ai.demo import Demo
from adapters.ai.endpoints import OPENAI_ADDRESS, Endpoint, Key, azure
from adapters.ai.guard import Guard
from adapters.ai.openai import OpenAI
from adapters.database import models
from adapters.database.engine import Database
from adapters.database.models import KeptModel
from adapters.errors import CredentialsRefused, Never
from adapters.vault import KeyMissing, Vault
from domain.bots import Model
from settings import Settings

_MOST_KEPT = 1000


class Catalogue:
    """The providers of one process; those of workspaces are made when they are first asked, and anew when changed."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient, database: Database, vault: Vault) -> None:
        self._http = http
        self._database = database
        self._vault = vault
        self._demo = Demo()
        self._openai = openai_of(settings, http)
        self._demo_stands_in = settings.demo_model
        self._made: dict[UUID, tuple[datetime, Provider]] = {}

    @property
    def openai(self) -> Provider | None:
        """Who answers for `openai`; the demo model stands in for a missing key in `dev` alone."""
        return self._openai or (self._demo if self._demo_stands_in else None)

    async def asked(self, workspace_id: UUID, model: Model) -> Asked:
        """Who answers for a bot's model, and as what it is asked; raises `Never` where nobody does."""
        if model.is_of_workspace:
            kept = await self._kept(workspace_id, model.provider)
            return Asked(self.of(kept), kept.offered.asked(model))
        provider = self._demo if model.provider == "demo" else self.openai
        if provider is None:
            raise CredentialsRefused(f"the model {model.name!r} has no key; set OPENAI_API_KEY or OPENAI_BASE_URL")
        return Asked(provider, model)

    async def judge(self, workspace_id: UUID, name: str) -> Judge:
        """Who judges under the name that a bot's settings give; raises `Never` where nobody does."""
        if name == "openai":
            if self._openai is None:
                raise Never(f"no moderation provider {name!r} is configured; set OPENAI_API_KEY")
            return self._openai
        kept = await self._kept(workspace_id, name)
        return Guard(Asked(self.of(kept), kept.offered.asked(Model(provider=name))), name, kept.offered.policy)

    def of(self, kept: KeptModel) -> Provider:
        """Who answers for a model of a workspace; raises `CredentialsRefused` where its keys cannot be opened."""
        if kept.offered.provider == "demo":
            return self._demo
        made = self._made.get(kept.id)
        if made is None or made[0] != kept.updated_at:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            allowances = Allowances(self._database, kept.id, kept.offered.limits)
            made = (kept.updated_at, OpenAI(self._endpoint(kept), self._http, allowances))
            self._made[kept.id] = made
        return made[1]

    async def _kept(self, workspace_id: UUID, name: str) -> KeptModel:
        async with self._database.once() as connection:
            kept = await models.named(connection, workspace_id, name)
        if kept is None:
            raise Never(f"the workspace has no model {name!r}; make it with POST /v1/models, or name another")
        return kept

    def _endpoint(self, kept: KeptModel) -> Endpoint:
        try:
            opened = kept.keys(self._vault)
        except KeyMissing as error:
            raise CredentialsRefused(f"the keys of the model {kept.name!r} do not open: {error}") from None
        keys = tuple(Key(name, SecretStr(secret)) for name, secret in opened.items())
        remedy = f"check the keys of the model {kept.name!r}"
        address = kept.offered.endpoint or OPENAI_ADDRESS
        return azure(address, keys, remedy) if kept.offered.provider == "azure" else Endpoint(address, keys, remedy)


def openai_of(settings: Settings, http: httpx2.AsyncClient) -> OpenAI | None:
    """The endpoint of the settings; None when neither key nor address is set."""
    if settings.openai_api_key is None and settings.openai_base_url is None:
        return None
    keys = (Key("OPENAI_API_KEY", settings.openai_api_key),) if settings.openai_api_key else ()
    return OpenAI(Endpoint(settings.openai_base_url or OPENAI_ADDRESS, keys), http)
