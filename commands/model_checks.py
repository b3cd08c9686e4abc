"""Whether the model providers accept us: that of the settings, and those of each workspace."""

import asyncio

from adapters.ai.base import Checked
from adapters.ai.catalogue import Catalogue, connections, openai_of
from adapters.database import models
from adapters.database.channels import credentials_vault
from adapters.database.models import KeptModel
from commands.checks import Check, fault, warning
from commands.diagnosis import bounded
from commands.outside import database, transaction
from settings import Settings

_AT_ONCE = 10


async def check_model(settings: Settings) -> list[Check]:
    """The finding `model`: whether the provider that answers for `openai` accepts us."""

    async def look() -> list[Check]:
        async with connections(settings) as http:
            provider = openai_of(settings, http)
            if provider is None and settings.demo_model:
                return [Check("model")]
            if provider is None:
                return [fault("model", "No model can answer.", "Set OPENAI_API_KEY or OPENAI_BASE_URL.")]
            return [_finding("model", await provider.examine(), "Check OPENAI_API_KEY and OPENAI_BASE_URL.")]

    return await bounded("model", look, "Check OPENAI_API_KEY and OPENAI_BASE_URL.")


async def check_models(settings: Settings) -> list[Check]:
    """The findings `model <name> <id>` of every workspace's models that are not deleted."""
    found: list[KeptModel] = []

    async def look() -> list[Check]:
        async with transaction(settings) as connection:
            found.extend(await models.everywhere(connection))
        return []

    missed, free = await bounded("models", look, "Mend the database first."), asyncio.Semaphore(_AT_ONCE)
    opened, vault = database(settings), credentials_vault(settings.secrets())
    try:
        async with connections(settings) as http:
            catalogue = Catalogue(settings, http, opened, vault)

            async def check(kept: KeptModel) -> list[Check]:
                async with free:
                    return await _check_one(catalogue, kept)

            checked = await asyncio.gather(*(check(kept) for kept in found))
    finally:
        await opened.close()
    return [*missed, *(finding for findings in checked for finding in findings)]


async def _check_one(catalogue: Catalogue, kept: KeptModel) -> list[Check]:
    name = f"model {kept.name} {kept.id}"

    remedy = f"Correct it with: PATCH /v1/models/{kept.id}."

    async def look() -> list[Check]:
        return [_finding(name, await catalogue.of(kept).examine(), remedy)]

    return await bounded(name, look, remedy)


def _finding(name: str, checked: tuple[Checked, ...], remedy: str) -> Check:
    """A fault where no key is accepted, a warning where some are."""
    problems = [f"{item.key}: {item.problem}" if item.key else str(item.problem) for item in checked if item.problem]
    if not problems:
        return Check(name)
    tell = fault if len(problems) == len(checked) else warning
    return tell(name, f"{'; '.join(problems)}.", remedy)
