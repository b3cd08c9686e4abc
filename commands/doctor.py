"""`chat-orchestrator doctor`: the settings, and everything outside that the product leans on, looked at at once."""

import asyncio
from collections.abc import Awaitable

from commands.channel_checks import check_channels
from commands.checks import Check, show
from commands.config import examine
from commands.database_checks import check_database
from commands.model_checks import check_model, check_models
from commands.temporal_checks import check_temporal
from settings import Settings


async def doctor(*, as_json: bool) -> int:
    """Shows what was found; the answer is an exit code, 1 when anything is wrong."""
    settings, found = examine()
    wrong = {check.name for check in found if not check.ok}
    outside = await asyncio.gather(*_looks(settings, wrong))
    listed = found if as_json else _only_remarkable(found)
    return show([*listed, *(check for checks in outside for check in checks)], as_json=as_json, failure_code=1)


def _looks(settings: Settings, wrong: set[str]) -> list[Awaitable[list[Check]]]:
    """What can be asked with the settings that are right."""
    has_database = settings.database_url is not None and "DATABASE_URL" not in wrong
    looks: list[Awaitable[list[Check]]] = [check_model(settings)]
    if has_database and settings.database_url is not None:
        looks.append(check_database(settings.database_url))
    if settings.temporal_address is not None and not wrong & {"TEMPORAL_ADDRESS", "SECRET_KEY"}:
        looks.append(check_temporal(settings))
    if has_database and "SECRET_KEY" not in wrong:
        looks += [check_channels(settings), check_models(settings)]
    return looks


def _only_remarkable(checks: list[Check]) -> list[Check]:
    """For eyes: one line for all settings that are in order."""
    remarkable = [check for check in checks if check.problem]
    return remarkable if any(not check.ok for check in checks) else [*remarkable, Check("settings")]
