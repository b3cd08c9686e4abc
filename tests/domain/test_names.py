"""Whose a name is depends on when it was heard."""

from datetime import timedelta

import pytest

from domain.events import EventKind, InboundEvent
from domain.names import ALWAYS, Names, changes_hands, is_vacant, left, person_of, told_at

THEN = ALWAYS + timedelta(days=9)
LATER = THEN + timedelta(seconds=1)


def event(kind: EventKind = EventKind.MESSAGE, **more: object) -> InboundEvent:
    """Something that is heard under a number and an id."""
    return InboundEvent.model_validate(
        {"key": "1", "kind": kind, "chat": "49", "details": {"also_known_as": "US.1"}, **more}
    )


def test_a_name_without_a_row_is_its_own() -> None:
    names = Names([("49", LATER, "US.1")])
    assert (names.owner("49", THEN), names.owner("49", LATER), names.owner("50", LATER)) == ("49", "US.1", "50")
    assert (names.is_newer("49", THEN), names.is_newer("49", LATER)) == (True, False)


def test_the_id_for_good_counts_before_the_number() -> None:
    assert Names([("49", ALWAYS, "a")]).owner_of(event(), LATER) == "a"
    assert Names([("49", ALWAYS, "a"), ("US.1", ALWAYS, "b")]).owner_of(event(), LATER) == "b"
    assert Names().owner_of(event(chat=None), LATER) is None


def test_what_says_nothing_new_is_settled() -> None:
    both = [("49", ALWAYS, "a"), ("US.1", ALWAYS, "a")]
    assert Names(both).is_settled(event(), LATER)
    assert not Names(both[1:]).is_settled(event(), LATER)
    assert not Names().is_settled(event(), LATER)
    assert Names().is_settled(event(details={}), LATER)


def test_a_membership_tells_of_names_and_not_of_who_writes() -> None:
    assert (person_of(event()), person_of(event(EventKind.MEMBERSHIP))) == ("US.1", None)


def test_nothing_happens_in_the_future() -> None:
    assert told_at(event(occurred_at=LATER), THEN) == THEN
    assert told_at(event(), THEN) == THEN


@pytest.mark.parametrize(
    ("name", "changes"), [("4915", True), ("+4915", True), ("US.1", False), ("-100", False), ("D0A", False)]
)
def test_only_a_number_changes_hands(name: str, changes: bool) -> None:
    assert changes_hands(name) == changes


def test_a_number_that_was_left_stands_for_who_is_not_met_yet() -> None:
    vacant = left("4915", THEN)
    assert (vacant, is_vacant(vacant), changes_hands(vacant)) == ("4915@777600", True, True)
    assert not is_vacant("4915")
