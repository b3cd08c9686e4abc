"""Events and platforms: sets that other parts rely on being whole."""

from domain.events import (
    ANSWERED_KINDS,
    END_STATES,
    OPEN_STATES,
    WAKING_KINDS,
    EventKind,
    EventState,
    InboundEvent,
)
from domain.platforms import CREDENTIALS, PlatformName


def test_every_state_is_either_open_or_an_end() -> None:
    assert sorted((*OPEN_STATES, *END_STATES)) == sorted(EventState)


def test_what_wakes_a_conversation_can_be_answered() -> None:
    assert set(WAKING_KINDS) < set(ANSWERED_KINDS)
    assert not {EventKind.CONTROL, EventKind.SAY, EventKind.DELETE} & set(ANSWERED_KINDS)


def test_an_event_of_a_newer_version_is_read_without_what_is_unknown() -> None:
    event = InboundEvent.model_validate({"key": "1", "kind": "message", "unheard_of": True})
    assert event.model_dump(exclude_defaults=True) == {"key": "1", "kind": EventKind.MESSAGE}


def test_every_platform_says_which_credentials_a_channel_needs() -> None:
    assert set(CREDENTIALS) == set(PlatformName)
    assert all(not set(found.required) & set(found.optional) for found in CREDENTIALS.values())
