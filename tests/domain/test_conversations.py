"""A conversation's standing, as it reads from outside."""

import pytest

from domain.conversations import (
    SILENCE_AFTER,
    SILENCING,
    VOICE_AFTER,
    Control,
    ConversationStatus,
    IndexedStatus,
    Silence,
    Voice,
    indexed_status,
    silence,
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
    of_voices = set(Control) - {Control.DECIDE}
    assert {control for control in of_voices if VOICE_AFTER.get(control) is not Voice.BOT} == SILENCING


@pytest.mark.parametrize(
    ("closed", "voice", "bot_stopped", "bot_deleted", "expected"),
    [
        (False, Voice.BOT, False, False, None),
        (False, Voice.NOBODY, False, False, Silence.PAUSED),
        (False, Voice.OPERATOR, True, False, Silence.HANDED_OVER),
        (False, Voice.BOT, True, False, Silence.BOT_STOPPED),
        (True, Voice.NOBODY, True, False, Silence.CLOSED),
        (True, Voice.OPERATOR, True, True, Silence.BOT_DELETED),
    ],
)
def test_a_silence_has_the_reason_that_lasts_longest(
    closed: bool, voice: Voice, bot_stopped: bool, bot_deleted: bool, expected: Silence | None
) -> None:
    found = silence(closed=closed, voice=voice, bot_stopped=bot_stopped, bot_deleted=bot_deleted)
    assert found is expected


@pytest.mark.parametrize("control", sorted(SILENCING))
def test_a_silencing_control_has_the_reason_of_the_standing_that_it_leads_to(control: Control) -> None:
    voice = VOICE_AFTER.get(control, Voice.BOT)
    found = silence(closed=control is Control.CLOSE, voice=voice, bot_stopped=False, bot_deleted=False)
    assert SILENCE_AFTER[control] is found


def test_only_a_closed_conversation_and_a_deleted_bot_end_what_waits() -> None:
    assert {reason for reason in Silence if reason.ends} == {Silence.CLOSED, Silence.BOT_DELETED}
