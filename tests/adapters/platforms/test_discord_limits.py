"""What Discord's headers say of its limits."""

from datetime import timedelta

import pytest
from pydantic import JsonValue

from adapters.http import MAX_WAIT
from adapters.platforms.discord.limits import is_of_one_place, pause_after


@pytest.mark.parametrize(
    ("remaining", "reset_after", "pause"),
    [
        ("0", "1.25", timedelta(seconds=1.25)),
        ("1", "1.25", None),
        ("0", "-3", timedelta(0)),
        ("0", "1e9", MAX_WAIT),
        ("0", "nan", None),
        ("0", "soon", None),
        ("0", None, None),
        (None, "1.25", None),
        ("none", "1.25", None),
    ],
)
def test_nothing_follows_before_a_used_up_bucket_fills_again(
    remaining: str | None, reset_after: str | None, pause: timedelta | None
) -> None:
    told = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset-after": reset_after}
    assert pause_after({name: value for name, value in told.items() if value is not None}) == pause


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({}, {"global": False}, True),
        ({}, {"global": True}, False),
        ({"x-ratelimit-scope": "user"}, {"global": True}, False),
        ({"x-ratelimit-scope": "user"}, {}, True),
        ({"x-ratelimit-scope": "shared"}, {"global": "no"}, True),
        ({"x-ratelimit-scope": "global", "x-ratelimit-global": "true"}, {}, False),
        ({"x-ratelimit-scope": "user", "x-ratelimit-global": "true"}, {}, False),
        ({}, {}, False),
    ],
)
def test_a_refusal_is_about_one_place_if_discord_says_so(
    headers: dict[str, str], body: dict[str, JsonValue], expected: bool
) -> None:
    assert is_of_one_place(headers, body) is expected
