"""What staff do past the bot, and when it falls silent for that."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from domain.conversations import Control, Voice
from domain.events import EventKind, InboundEvent
from domain.staff import Deed, control, deed, takes_over

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("done", "voice", "expected"),
    [
        ("said", Voice.BOT, Control.TAKEOVER),
        ("took", Voice.BOT, Control.TAKEOVER),
        ("said", Voice.OPERATOR, None),
        ("took", Voice.NOBODY, None),
        ("gave_back", Voice.OPERATOR, Control.RELEASE),
        ("gave_back", Voice.BOT, None),
        ("gave_back", Voice.NOBODY, None),
    ],
)
def test_staff_take_the_voice_from_the_bot_and_give_it_back(done: Deed, voice: Voice, expected: Control | None) -> None:
    assert control(done, voice, NOW, NOW) is expected
    assert control(done, voice, None, NOW) is expected


def test_what_is_told_days_later_silences_nobody() -> None:
    assert control("said", Voice.BOT, NOW - timedelta(days=2), NOW) is None


@pytest.mark.parametrize("told", [None, "", "shouted", 5, ["said"], {"said": True}])
def test_what_is_no_deed_of_staff_is_none(told: JsonValue) -> None:
    assert deed(InboundEvent(key="k", kind=EventKind.OTHER, details={"staff": told})) is None


@pytest.mark.parametrize("settings", [{}, {"staff_answers": "ignore"}, {"staff_answers": True}])
def test_the_bot_speaks_on_unless_the_channel_says_so(settings: dict[str, JsonValue]) -> None:
    assert not takes_over(settings)
