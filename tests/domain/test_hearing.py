"""Which events ask for an answer, and the reasons of those that do not."""

from datetime import UTC, datetime

import pytest

from domain.bots import Bot
from domain.events import EventKind, EventState, InboundEvent
from domain.hearing import edition, first_state, is_answered_again, is_overtaken

HEARD = (EventState.RECEIVED, None)


def told(kind: EventKind = EventKind.MESSAGE, **more: object) -> InboundEvent:
    """An event in a chat."""
    return InboundEvent.model_validate({"key": "1", "kind": kind, "chat": "7", **more})


def heard(
    event: InboundEvent, groups: str = "when_addressed", *, deleted: bool = False, too_old: bool = False
) -> tuple[EventState, str | None]:
    """How the event stands with a bot of this kind."""
    bot = Bot.model_validate({"name": "Ada", "groups": groups})
    return first_state(event, bot, deleted=deleted, too_old=too_old)


@pytest.mark.parametrize("kind", [EventKind.MESSAGE, EventKind.BUTTON, EventKind.EDIT, EventKind.DELETE])
def test_what_may_change_an_answer_is_handed_over(kind: EventKind) -> None:
    assert heard(told(kind)) == HEARD


@pytest.mark.parametrize("kind", [EventKind.REACTION, EventKind.RECEIPT, EventKind.MEMBERSHIP, EventKind.OTHER])
def test_what_needs_no_answer_ends_at_once(kind: EventKind) -> None:
    assert heard(told(kind)) == (EventState.IGNORED, kind.value)


def test_the_platforms_reason_comes_first() -> None:
    assert heard(told(ignored="from_a_bot"), deleted=True) == (EventState.IGNORED, "from_a_bot")


def test_a_message_without_a_chat_is_ignored() -> None:
    assert heard(told(chat=None)) == (EventState.IGNORED, "no_chat")


def test_a_deleted_bot_hears_nothing() -> None:
    assert heard(told(), deleted=True) == (EventState.IGNORED, "bot_deleted")


def test_what_is_too_old_is_not_heard() -> None:
    assert heard(told(), too_old=True) == (EventState.IGNORED, "too_old")


@pytest.mark.parametrize(
    ("groups", "addressed", "answers"),
    [
        ("when_addressed", True, True),
        ("when_addressed", False, False),
        ("always", False, True),
        ("never", True, False),
    ],
)
def test_in_a_group_the_bots_policy_decides(groups: str, addressed: bool, answers: bool) -> None:
    expected = HEARD if answers else (EventState.IGNORED, "not_addressed")
    assert heard(told(is_group=True, addressed=addressed), groups) == expected


@pytest.mark.parametrize("groups", ["when_addressed", "always", "never"])
def test_alone_with_a_contact_the_policy_for_groups_says_nothing(groups: str) -> None:
    assert heard(told(addressed=False), groups) == HEARD


@pytest.mark.parametrize("kind", [EventKind.EDIT, EventKind.DELETE])
def test_a_change_in_a_group_is_heard_although_it_addresses_nobody(kind: EventKind) -> None:
    assert heard(told(kind, is_group=True, addressed=False), "never") == HEARD


@pytest.mark.parametrize(
    ("edits", "original", "taken_up", "again"),
    [
        ("answer", EventState.ANSWERED, True, True),
        ("answer", EventState.QUEUED, True, True),
        ("answer", EventState.QUEUED, False, False),
        ("answer", EventState.IGNORED, True, False),
        ("ignore_answered", EventState.ANSWERED, True, False),
    ],
)
def test_an_edit_is_answered_again_where_the_bot_says_so(
    edits: str, original: EventState, taken_up: bool, again: bool
) -> None:
    bot = Bot.model_validate({"name": "Ada", "edits": edits})
    assert is_answered_again(bot, original, taken_up=taken_up) is again


def test_edits_are_ordered_by_their_count_or_else_by_their_time() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (InboundEvent(key="1", kind=EventKind.EDIT, occurred_at=at.replace(microsecond=n)) for n in (1, 2))
    assert (is_overtaken(first, edition(second)), is_overtaken(second, edition(first))) == (True, False)
    assert not is_overtaken(first, edition(first))
    counted = InboundEvent(key="1", kind=EventKind.EDIT, occurred_at=at, edition=2)
    assert [is_overtaken(counted, known) for known in (None, 1, 2, 3)] == [False, False, False, True]
    assert not is_overtaken(InboundEvent(key="1", kind=EventKind.EDIT), 3)
