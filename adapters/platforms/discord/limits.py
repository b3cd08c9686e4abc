"""What Discord says of its limits with each answer, so that they are kept before it complains.

Source: https://discord.com/developers/docs/topics/rate-limits#header-format
"""

from collections.abc import Mapping
from datetime import timedelta

from adapters.http import wait_of
from adapters.platforms.fields import Fields

_REMAINING, _RESET_AFTER = "x-ratelimit-remaining", "x-ratelimit-reset-after"
_SCOPE, _GLOBAL = "x-ratelimit-scope", "x-ratelimit-global"
_OF_ONE_PLACE = ("user", "shared")


def pause_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long nothing more may go to the place of a call that worked; None while something may."""
    if headers.get(_REMAINING, "").strip() != "0":
        return None
    try:
        return wait_of(float(headers.get(_RESET_AFTER, "")))
    except ValueError:
        return None


def is_of_one_place(headers: Mapping[str, str], body: Fields) -> bool:
    """Whether a refusal is about the place of the call alone, and not about all that the bot does.

    What Discord itself refuses says so; a page in front of it means everybody at this address.
    """
    is_global = body.get("global")
    if isinstance(is_global, bool):
        return not is_global
    return headers.get(_SCOPE) in _OF_ONE_PLACE and _GLOBAL not in headers
