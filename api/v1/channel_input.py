"""What a channel's owner gives: credentials and settings, checked against what its platform needs."""

import re
import secrets
from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue, ValidationError

from adapters.platforms.discord.shards import MAX_SHARDS, SHARDS_SETTING, is_number_of_shards
from adapters.platforms.slack.place import THREADS, THREADS_SETTING
from domain.forms import FORMS_SETTING, fault_of
from domain.media import MAX_MEDIA_BYTES
from domain.paces import BOT_SETTING, CHAT_SETTING, is_rate
from domain.platforms import CREDENTIALS, PlatformName
from domain.staff import ANSWERS, ANSWERS_SETTING, WITH_STAFF
from domain.templates import CLOSED_WINDOW_SETTING, ClosedWindow
from domain.visitor_files import FILES_SETTING, SIZE_SETTING, is_size

_WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - the name of a credential
_SECRET_FORM = re.compile(r"[A-Za-z0-9_-]{1,256}")
_MOST_CHARACTERS = 4096
_SHOWN_CHARACTERS = 100

_Faults: TypeAlias = dict[str, str]


def credentials(platform: PlatformName, given: Mapping[str, str]) -> dict[str, str]:
    """The credentials of a channel, with those that we make ourselves; 422 naming what is missing, unknown or wrong."""
    needed = CREDENTIALS[platform]
    known = (*needed.required, *needed.optional)
    faults = {name: "it is missing" for name in needed.required if name not in given}
    for name, value in given.items():
        fault = _fault(name, value) if name in known else f"{platform} has no such credential; it has {_listed(known)}"
        if fault:
            faults[name[:_SHOWN_CHARACTERS]] = fault
    if faults:
        raise _refused("credentials", faults)
    if _WEBHOOK_SECRET in needed.optional and _WEBHOOK_SECRET not in given:
        return {**given, _WEBHOOK_SECRET: secrets.token_urlsafe(32)}
    return dict(given)


def settings(platform: PlatformName, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The settings of a channel; 422 for one that its platform could not follow."""
    faults: _Faults = {}
    if platform is PlatformName.WEBCHAT:
        faults |= _of_webchat(given)
    if platform is PlatformName.TELEGRAM and not isinstance(given.get("polling", False), bool):
        faults["polling"] = "give true or false"
    faults |= _CHECKS.get(platform, _unchecked)(given)
    if given.get(CLOSED_WINDOW_SETTING) is not None:
        faults |= _of_closed_window(platform, given[CLOSED_WINDOW_SETTING])
    if platform in WITH_STAFF and given.get(ANSWERS_SETTING, ANSWERS[0]) not in ANSWERS:
        faults[ANSWERS_SETTING] = f"give one of {_listed(ANSWERS)}"
    for name in (BOT_SETTING, CHAT_SETTING):
        if name in given and not is_rate(given[name]):
            faults[name] = "give a number from 0.01 to 10000"
    if faults:
        raise _refused("settings", faults)
    return dict(given)


def _fault(name: str, value: str) -> str | None:
    if not value or len(value) > _MOST_CHARACTERS:
        return f"give 1 to {_MOST_CHARACTERS} characters"
    if not value.isascii() or not value.isprintable() or value != value.strip():
        return "give printable ASCII characters, without spaces around them"
    if name == _WEBHOOK_SECRET and not _SECRET_FORM.fullmatch(value):
        return "give 1 to 256 of the characters A-Z, a-z, 0-9, _ and -"
    return None


def _of_closed_window(platform: PlatformName, value: JsonValue) -> _Faults:
    if platform is not PlatformName.WHATSAPP:
        return {CLOSED_WINDOW_SETTING: f"{platform} has no templates that could be sent"}
    try:
        ClosedWindow.model_validate(value)
    except ValidationError as error:
        places = (".".join(str(part) for part in item["loc"]) for item in error.errors(include_input=False))
        wrong = ", ".join(dict.fromkeys(place for place in places if place))
        form = "give {template, language, parameters?, header?, text?}"
        return {CLOSED_WINDOW_SETTING: f"{form}; wrong here: {wrong[:_SHOWN_CHARACTERS] or 'all of it'}"}
    return {}


def _of_webchat(given: Mapping[str, JsonValue]) -> _Faults:
    faults: _Faults = {}
    if "allowed_origins" in given and not _are_origins(given["allowed_origins"]):
        faults["allowed_origins"] = "give a list of origins such as https://example.com, or *"
    if not isinstance(given.get(FILES_SETTING, True), bool):
        faults[FILES_SETTING] = "give true or false"
    if SIZE_SETTING in given and not is_size(given[SIZE_SETTING]):
        faults[SIZE_SETTING] = f"give a number of bytes from 1 to {MAX_MEDIA_BYTES}"
    return faults


def _of_discord(given: Mapping[str, JsonValue]) -> _Faults:
    faults: _Faults = {}
    if not is_number_of_shards(given.get(SHARDS_SETTING, 1)):
        faults[SHARDS_SETTING] = f"give a whole number from 1 to {MAX_SHARDS}"
    if (fault := fault_of(given.get(FORMS_SETTING))) is not None:
        faults[FORMS_SETTING] = fault
    return faults


def _of_slack(given: Mapping[str, JsonValue]) -> _Faults:
    fits = given.get(THREADS_SETTING, THREADS[0]) in THREADS
    return {} if fits else {THREADS_SETTING: f"give {' or '.join(THREADS)}"}


def _unchecked(given: Mapping[str, JsonValue]) -> _Faults:
    return {}


_CHECKS = {PlatformName.DISCORD: _of_discord, PlatformName.SLACK: _of_slack}


def _are_origins(value: JsonValue) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and _is_origin(item) for item in value)


def _is_origin(text: str) -> bool:
    if text == "*":
        return True
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = f"{parts.hostname}:{port}" if port else parts.hostname
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text.lower() == f"{parts.scheme}://{host}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


def _refused(place: str, faults: _Faults) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "value_error", "loc": ("body", place, name), "msg": fault} for name, fault in faults.items()]
    )
