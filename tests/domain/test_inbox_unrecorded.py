"""The inbox hears what PostgreSQL did not take: whole, each thing once, recorded before it is answered."""

from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.conversations import Control
from domain.handovers import (
    MAX_BYTES,
    MAX_CARRIED,
    MAX_ITEMS,
    MAX_TRAVELLING_BYTES,
    MAX_UNRECORDED_BYTES,
    ConversationState,
    Handover,
    Item,
    Unrecorded,
)
from domain.inbox import Inbox
from tests.domain.test_inbox import (
    CHANNEL,
    MAX_STATE_BYTES,
    NOW,
    control,
    event,
    heard,
    message,
    next_run,
    waiting,
)


def whole(number: int, text: str = "hello", kind: Literal["message", "record"] = "message") -> Item:
    """Something that PostgreSQL did not take."""
    content = Unrecorded(channel_id=str(CHANNEL), event={"key": str(number), "kind": "message", "text": text})
    return Item(id=event(number), kind=kind, received_at=NOW, unrecorded=content)


def unrecorded(inbox: Inbox) -> list[str]:
    """The ids of what is recorded in the next step."""
    return [item.id for item in inbox.unrecorded()]


def record_all(inbox: Inbox, settled: Sequence[str] = (), *, behind: bool = False) -> None:
    """PostgreSQL takes everything."""
    while items := inbox.unrecorded():
        inbox.note_recorded(items, settled, behind=behind)


def test_what_is_not_recorded_is_brought_to_no_turn_and_holds_up_what_came_behind_it() -> None:
    inbox = heard(message(1), whole(2), message(3))
    assert inbox.to_bring() == (event(1),)
    record_all(inbox)
    assert inbox.to_bring() == (event(1), event(2), event(3))


def test_what_is_to_be_recorded_is_done_before_the_next_turn() -> None:
    inbox = heard(message(1), whole(2))
    assert inbox.has_other_than_messages
    record_all(inbox)
    assert not inbox.has_other_than_messages


def test_what_is_not_recorded_interrupts_nothing() -> None:
    assert not heard(whole(1)).has_messages
    assert heard(whole(1), message(2)).has_messages


def test_a_repeat_of_what_is_not_recorded_yet_has_no_effect() -> None:
    inbox = heard(whole(1, "first"), whole(1, "again"), message(1))
    assert [item.unrecorded.event["text"] for item in inbox.unrecorded() if item.unrecorded] == ["first"]
    record_all(inbox, [event(1)])
    inbox.hear(Handover(items=(whole(1), message(1))), NOW)
    assert (waiting(inbox), unrecorded(inbox)) == ([], [])


def test_what_is_only_to_be_recorded_is_done_when_it_is() -> None:
    inbox = heard(whole(1, kind="record"), whole(2))
    assert inbox.due() == NOW + inbox.bursts.quiet
    record_all(inbox)
    assert waiting(inbox) == [event(2)]
    assert inbox.to_bring() == (event(2),)


def test_what_needs_no_answer_after_all_waits_no_longer() -> None:
    inbox = heard(whole(1), whole(2))
    record_all(inbox, [event(1)])
    assert inbox.to_bring() == (event(2),)


def test_something_to_record_that_holds_nothing_is_not_heard() -> None:
    assert not heard(Item(id=event(1), kind="record", received_at=NOW)).has_work


def test_what_waits_in_the_record_beside_it_is_looked_for() -> None:
    inbox = heard(whole(1))
    record_all(inbox, [event(1)], behind=True)
    assert inbox.has_work
    assert inbox.behind


def test_a_look_that_was_due_already_is_not_forgotten() -> None:
    inbox = heard(whole(1), state=ConversationState(behind=True))
    record_all(inbox)
    assert inbox.behind


def test_one_step_records_no_more_than_a_payload_holds() -> None:
    inbox = heard(*(whole(number, "x" * (MAX_UNRECORDED_BYTES - 500)) for number in range(5)))
    steps = 0
    while items := inbox.unrecorded():
        assert len(items) <= 2
        assert sum(len(item.model_dump_json()) for item in items) <= MAX_BYTES
        inbox.note_recorded(items, (), behind=False)
        steps += 1
    assert steps == 3
    assert waiting(inbox) == [event(number) for number in range(5)]


def test_one_step_records_a_bounded_number_of_events() -> None:
    inbox = heard(*(whole(number) for number in range(MAX_ITEMS + 1)))
    assert unrecorded(inbox) == [event(number) for number in range(MAX_ITEMS)]


def test_what_is_not_recorded_travels_whole_wherever_it_stands() -> None:
    inbox = heard(*map(message, range(MAX_CARRIED + 5)), whole(900, "late"), control(901, Control.PAUSE))
    later = next_run(inbox)
    assert [item.unrecorded.event["text"] for item in later.unrecorded() if item.unrecorded] == ["late"]
    assert waiting(later)[-2:] == [event(900), event(901)]


@pytest.mark.slow
def test_a_conversation_travels_only_with_what_its_state_can_hold() -> None:
    inbox, number = heard(*map(message, range(10_000))), 10_000
    while inbox.may_travel:
        fitting = inbox.carried(ConversationState(conversation_id=str(CHANNEL)))
        inbox.hear(Handover(items=(whole(number),)), NOW)
        number += 1
    assert MAX_TRAVELLING_BYTES // 2 < len(fitting.model_dump_json().encode()) <= MAX_STATE_BYTES
    record_all(inbox)
    assert inbox.may_travel


@given(st.lists(st.tuples(st.sampled_from(["first", "second", "record", "next_run"]), st.integers(0, 9)), max_size=20))
@settings(deadline=None, max_examples=200)
def test_by_whichever_door_each_message_waits_once_and_in_order(sequence: list[tuple[str, int]]) -> None:
    inbox, line = Inbox(ConversationState()), list[str]()
    for what, number in sequence:
        if what in ("first", "second"):
            inbox.hear(Handover(items=(message(number) if what == "first" else whole(number),)), NOW)
            line += [] if event(number) in line else [event(number)]
        elif what == "record":
            record_all(inbox)
        else:
            inbox = next_run(inbox)
        assert waiting(inbox) == line
    record_all(inbox)
    assert inbox.to_bring(together=True) == tuple(line)
