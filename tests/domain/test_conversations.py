"""A conversation's standing, as it reads from outside."""

import pytest

from domain.conversations import (
    SILENCING,
    VOICE_AFTER,
    Control,
    ConversationStatus,
    IndexedStatus,
    Voice,
    indexed_status,
    status,
)


@pytest.mark.parametrize(
    ("closed", "voice", "turn_open", "expected"),
    [
        (False, Voice.BOT, True, ConversationStatus.ACTIVE),
        (False, Voice.BOT, False, ConversationStatus.WAITING),
        (False, Voice.NOBODY, False, ConversationStatus.PAUSED),
        (False, Voice.NOBODY, True, ConversationStatus.PAUSED),
        (False, Voice.OPERATOR, True, ConversationStatus.HANDED_OVER),
        (True, Voice.BOT, True, ConversationStatus.CLOSED),
        (True, Voice.OPERATOR, False, ConversationStatus.CLOSED),
    ],
)
def test_the_status_says_who_has_the_voice(
    closed: bool, voice: Voice, turn_open: bool, expected: ConversationStatus
) -> None:
    assert status(closed=closed, voice=voice, turn_open=turn_open) is expected


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        (Control.PAUSE, IndexedStatus.PAUSED),
        (Control.RESUME, IndexedStatus.OPEN),
        (Control.CLOSE, IndexedStatus.CLOSED),
        (Control.TAKEOVER, IndexedStatus.HANDED_OVER),
        (Control.RELEASE, IndexedStatus.OPEN),
    ],
)
def test_every_control_shows_in_the_search_attribute(control: Control, expected: IndexedStatus) -> None:
    assert indexed_status(control) is expected


def test_a_control_silences_the_bot_unless_it_gives_it_the_voice() -> None:
    assert {control for control in Control if VOICE_AFTER.get(control) is not Voice.BOT} == SILENCING
