"""The inbox: whatever is handed over, in whatever order and however often, waits once and in order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.bursts import BurstPolicy
from domain.conversations import SILENCING, Control
from domain.handovers import MAX_BROUGHT, MAX_CARRIED, MAX_SEEN, ConversationState, Handover, Item
from domain.inbox import Inbox

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAX_STATE_BYTES = 128 * 1024
CHANNEL = UUID("6f8b1a44-8d5f-4a43-9a6e-3c1d2e5f7a90")


def event(number: int) -> str:
    """The id of an event."""
    return str(uuid5(CHANNEL, f"event\n{number}"))


def message(number: int, *, again: bool = False) -> Item:
    """Something to answer."""
    return Item(id=event(number), received_at=NOW, text=f"number {number}", again=again)


def control(number: int, wanted: Control) -> Item:
    """Something that an operator wants."""
    return Item(id=event(number), kind="control", received_at=NOW, control=wanted)


def heard(*items: Item, policy: str = "coalesce", state: ConversationState | None = None) -> Inbox:
    """An inbox that was handed these."""
    inbox = Inbox(state or ConversationState())
    inbox.hear(Handover(items=items, bursts=BurstPolicy.model_validate({"policy": policy})), NOW)
    return inbox


def next_run(inbox: Inbox) -> Inbox:
    """The same inbox after continue-as-new: what it carries went through JSON."""
    carried = inbox.carried(ConversationState())
    return Inbox(ConversationState.model_validate_json(carried.model_dump_json()))


def waiting(inbox: Inbox) -> list[str]:
    """The ids of everything that waits, in order."""
    return [item.id for item in inbox.carried(ConversationState()).waiting]


def take_first(inbox: Inbox) -> None:
    """Take whatever waits first."""
    first = next(iter(inbox.carried(ConversationState()).waiting), None)
    if first is not None:
        inbox.take(first.kind)


kinds = st.sampled_from(["message", "message", "message", "control", "say"])
items = st.builds(
    lambda number, kind, again: Item.model_validate(
        {
            "id": event(number),
            "kind": kind,
            "received_at": NOW,
            "again": again,
            "control": list(Control)[number % len(Control)] if kind == "control" else None,
        }
    ),
    st.integers(0, 12),
    kinds,
    st.booleans(),
)
hand_overs = st.tuples(st.just("hear"), st.lists(items, max_size=5))
steps = st.lists(
    hand_overs
    | st.tuples(st.sampled_from(["take", "next_run"]), st.none())
    | st.tuples(st.just("settle"), st.integers(0, 3)),
    max_size=20,
)


def expected(sequence: list[tuple[str, object]]) -> Iterator[tuple[str, object, list[str]]]:
    """Each step with what waits after it, by the plain rule: new ids go to the end, known ones have no effect."""
    line: list[str] = []
    known: set[str] = set()
    for what, argument in sequence:
        if what == "hear" and isinstance(argument, list):
            for item in argument:
                if item.id not in line and (item.again or item.id not in known):
                    line.append(item.id)
                    known.add(item.id)
        elif what == "settle" and isinstance(argument, int):
            line = line[argument:]
        elif what == "take":
            line = line[1:]
        yield what, argument, list(line)


@given(steps)
@settings(deadline=None, max_examples=300)
def test_each_thing_waits_once_and_in_the_order_in_which_it_was_first_heard(sequence: list[tuple[str, object]]) -> None:
    inbox = Inbox(ConversationState())
    for what, argument, line in expected(sequence):
        if what == "hear" and isinstance(argument, list):
            inbox.hear(Handover(items=tuple(argument)), NOW)
        elif what == "settle" and isinstance(argument, int):
            inbox.settle(waiting(inbox)[:argument], behind=False)
        elif what == "take":
            take_first(inbox)
        else:
            inbox = next_run(inbox)
        assert waiting(inbox) == line
        assert len(inbox) == len(line)
        assert inbox.has_work is bool(line)


def test_a_repeat_of_something_settled_has_no_effect() -> None:
    inbox = heard(message(1))
    inbox.settle([event(1)], behind=False)
    inbox.hear(Handover(items=(message(1),)), NOW)
    assert waiting(inbox) == []


def test_what_is_handed_over_once_more_waits_again_but_not_twice() -> None:
    inbox = heard(message(1))
    inbox.settle([event(1)], behind=False)
    inbox.hear(Handover(items=(message(1, again=True), message(1, again=True))), NOW)
    assert waiting(inbox) == [event(1)]


def test_what_was_heard_is_remembered_in_the_next_run() -> None:
    inbox = heard(*map(message, range(5)))
    inbox.settle([event(number) for number in range(5)], behind=False)
    later = next_run(inbox)
    later.hear(Handover(items=tuple(map(message, range(6)))), NOW)
    assert waiting(later) == [event(5)]


def test_the_memory_of_what_was_heard_is_bounded_and_keeps_the_newest() -> None:
    inbox = heard(*map(message, range(MAX_SEEN + 1)))
    inbox.settle([event(number) for number in range(MAX_SEEN + 1)], behind=False)
    later = next_run(inbox)
    later.hear(Handover(items=(message(1), message(MAX_SEEN), message(0))), NOW)
    assert waiting(later) == [event(0)]


def test_ten_thousand_waiting_messages_fit_into_what_is_carried() -> None:
    state = heard(*map(message, range(10_000))).carried(ConversationState(conversation_id=str(CHANNEL)))
    assert len(state.model_dump_json().encode()) <= MAX_STATE_BYTES
    assert [item.id for item in state.waiting] == [event(number) for number in range(MAX_CARRIED)]
    assert state.behind


def test_what_is_carried_says_whether_more_waits_in_the_record() -> None:
    assert not heard(*map(message, range(MAX_CARRIED))).carried(ConversationState()).behind
    assert heard(*map(message, range(MAX_CARRIED + 1))).carried(ConversationState()).behind
    assert heard(message(1), state=ConversationState(behind=True)).carried(ConversationState()).behind


def test_controls_travel_although_the_messages_before_them_do_not() -> None:
    inbox = heard(*map(message, range(MAX_CARRIED + 5)), control(900, Control.CLOSE))
    assert waiting(next_run(inbox))[-1] == event(900)


def test_an_inbox_that_is_behind_has_work_until_the_record_is_read() -> None:
    inbox = Inbox(ConversationState(behind=True))
    assert inbox.has_work
    inbox.settle([], behind=False)
    assert not inbox.has_work


def test_each_run_is_counted_and_the_rest_of_the_state_travels() -> None:
    state = ConversationState(conversation_id=str(CHANNEL), platform="telegram", turns=7, status="paused", runs=3)
    carried = heard(message(1), policy="queue", state=state).carried(state)
    assert carried.runs == 4
    assert carried.bursts.policy == "queue"
    assert (carried.conversation_id, carried.platform, carried.turns, carried.status) == (
        str(CHANNEL), "telegram", 7, "paused",
    )  # fmt: skip


def test_a_state_of_another_version_is_read() -> None:
    state = ConversationState.model_validate_json('{"version": 9, "unheard_of": true}')
    assert state == ConversationState(version=9)


@pytest.mark.parametrize("wanted", list(Control))
def test_a_control_that_silences_is_counted_when_it_is_heard(wanted: Control) -> None:
    inbox = heard(message(1), control(2, wanted))
    assert inbox.stops == (1 if wanted in SILENCING else 0)
    inbox.hear(Handover(items=(control(2, wanted),)), NOW)
    assert inbox.stops == (1 if wanted in SILENCING else 0)


def test_a_control_does_not_wait_behind_messages() -> None:
    inbox = heard(message(1), control(2, Control.PAUSE), control(3, Control.RESUME))
    assert inbox.has_other_than_messages
    taken = [inbox.take("control"), inbox.take("control"), inbox.take("control")]
    assert [item.control if item else None for item in taken] == [Control.PAUSE, Control.RESUME, None]
    assert waiting(inbox) == [event(1)]
    assert not inbox.has_other_than_messages


def test_above_the_rate_a_queue_is_brought_together() -> None:
    inbox = heard(message(1), message(3), policy="queue")
    assert inbox.to_bring(together=True) == (event(1), event(3))


def test_messages_are_due_by_when_they_were_heard_and_by_the_newest_policy() -> None:
    inbox = heard(message(1))
    later = NOW + timedelta(seconds=1)
    quick = BurstPolicy(quiet=timedelta(seconds=3), longest=timedelta(seconds=60))
    inbox.hear(Handover(items=(message(2), control(3, Control.RESUME)), bursts=quick), later)
    assert inbox.due() == later + quick.quiet


def test_a_call_to_look_up_brings_nothing_and_changes_no_policy() -> None:
    inbox = heard(message(1), policy="queue")
    inbox.hear(Handover(), NOW)
    assert waiting(inbox) == [event(1)]
    assert inbox.bursts.policy == "queue"


def test_where_no_message_waits_nothing_is_due() -> None:
    assert heard(control(1, Control.PAUSE)).due() is None


def test_a_turn_is_brought_the_messages_that_its_policy_answers() -> None:
    assert heard(message(1), control(2, Control.RESUME), message(3)).to_bring() == (event(1), event(3))
    assert heard(message(1), message(3), policy="queue").to_bring() == (event(1),)


def test_a_turn_is_brought_no_more_messages_than_it_can_take() -> None:
    assert heard(*map(message, range(2000))).to_bring() == tuple(event(number) for number in range(MAX_BROUGHT))
