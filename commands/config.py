"""Reading the settings, and `validate-config`: every setting looked at, each fault with its variable and remedy."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource

from commands.checks import Check, SettingsFaulty, fault, show
from commands.configuration import certificates, contradictions, missing
from settings import Settings

DOTENV = Path(".env")
_SIMILAR = 0.8
_REMEDIES: Mapping[str, str] = {
    "secret_key": "Set one or more, newest first, separated by commas.",
    "database_url": "Write it as postgresql://user:password@host:5432/name.",
    "public_url": "Set the https address at which platforms reach the API.",
}


def read(*needed: str) -> Settings:
    """The settings of this process; raises `SettingsFaulty` when one is wrong or one of `needed` is missing."""
    settings, faults = _parsed()
    if faults:
        raise SettingsFaulty(faults)
    faults = missing(settings, *needed)
    if "temporal_address" in needed:
        faults += certificates(settings)
    if faults:
        raise SettingsFaulty(faults)
    return settings


def examine() -> tuple[Settings, list[Check]]:
    """The settings, with defaults in the place of wrong ones, and a check for each variable."""
    settings, faults = _parsed()
    wrong = {check.name for check in faults}
    found = faults + [check for check in contradictions(settings) if check.name not in wrong]
    named = {check.name for check in found}
    fine = [Check(name.upper()) for name in Settings.model_fields if name.upper() not in named]
    return settings, _in_order([*found, *fine]) + _misspelt()


def validate_config(*, as_json: bool) -> int:
    """Shows what is wrong with the settings; the answer is an exit code."""
    return show(examine()[1], as_json=as_json, failure_code=2)


def _parsed() -> tuple[Settings, list[Check]]:
    """Read again without the variables that are wrong, so that all faults are found at once."""
    try:
        return Settings(), []
    except ValidationError as error:
        names = {str(problem["loc"][0]): problem["msg"] for problem in error.errors(include_input=False)}
        defaults = {name: Settings.model_fields[name].get_default() for name in names}
        return Settings.model_validate(defaults), [_wrong(name, reason) for name, reason in names.items()]
    except UnicodeDecodeError:
        faulty = fault(str(DOTENV), "It is no text in UTF-8.", "Save it as UTF-8, or remove it.")
        return Settings.model_construct(), [faulty]


def _wrong(name: str, reason: str) -> Check:
    default = Settings.model_fields[name].get_default()
    remedy = f"Correct it, or remove it for the default, {default!r}." if default else "Correct it, or remove it."
    return fault(name.upper(), f"{reason.removeprefix('Value error, ')}.", _REMEDIES.get(name, remedy))


def _in_order(checks: list[Check]) -> list[Check]:
    order = {name.upper(): position for position, name in enumerate(Settings.model_fields)}
    return sorted(checks, key=lambda check: order.get(check.name, -1))


def _misspelt() -> list[Check]:
    """Names in `.env` that are none of ours and nearly one."""
    if not DOTENV.is_file():
        return []
    known = [name.upper() for name in Settings.model_fields]
    try:
        names = [name.upper() for name in DotEnvSettingsSource(Settings, env_file=DOTENV).env_vars]
    except UnicodeDecodeError:
        return []
    close = {name: get_close_matches(name, known, 1, _SIMILAR) for name in names if name not in known}
    return [
        fault(name, f"{str(DOTENV)!r} sets it, and there is no such setting.", f"Did you mean {similar[0]}?")
        for name, similar in close.items()
        if similar
    ]
