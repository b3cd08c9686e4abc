"""Changes of what was said: what can be changed, and by which calls."""

import pytest

from domain.changes import SURPLUS_LEFT, ChangeKind, Refusal, Said, Step, failure, refusal, steps
from domain.deliveries import DeliveryState

SENT, FAILED, UNCERTAIN = DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNCERTAIN


@pytest.mark.parametrize(
    ("kind", "said", "parts", "expected"),
    [
        ("edit", Said(is_outbound=True, states=(SENT, SENT)), 2, None),
        ("edit", Said(is_outbound=True, states=(SENT, SENT)), 1, None),
        ("edit", Said(is_outbound=True, states=(SENT,)), 2, Refusal.TOO_MANY_PARTS),
        ("edit", Said(is_outbound=True), 2, None),
        ("edit", Said(is_outbound=False), 1, Refusal.NOT_OUTBOUND),
        ("edit", Said(is_outbound=True, has_attachments=True, states=(SENT,)), 1, Refusal.HAS_ATTACHMENTS),
        ("delete", Said(is_outbound=True, has_attachments=True, states=(SENT,)), 0, None),
        ("delete", Said(is_outbound=True, is_deleted=True, states=(SENT,)), 0, Refusal.MESSAGE_DELETED),
        ("delete", Said(is_outbound=True, states=(SENT, UNCERTAIN)), 0, Refusal.DELIVERY_IN_DOUBT),
        ("delete", Said(is_outbound=True, states=(FAILED, FAILED)), 0, Refusal.NOT_SENT),
        ("delete", Said(is_outbound=True, states=(SENT, FAILED)), 0, None),
    ],
)
def test_a_message_can_be_changed_or_says_why_not(kind: str, said: Said, parts: int, expected: Refusal | None) -> None:
    assert refusal(ChangeKind(kind), said, parts) is expected


def test_parts_that_are_no_longer_needed_go_after_the_others_are_changed() -> None:
    assert steps(["a", "b", "c"], [{"text": "new"}]) == (
        Step(part_id="a", payload={"text": "new"}),
        Step(part_id="b"),
        Step(part_id="c"),
    )


def test_a_part_that_does_not_stand_needs_no_call() -> None:
    assert steps(["a", None, "c"], [{"text": "1"}, {"text": "2"}]) == (
        Step(part_id="a", payload={"text": "1"}),
        Step(part_id="c"),
    )


def test_an_edit_that_could_not_delete_says_that_the_new_text_stands() -> None:
    word, gone = Step(part_id="a", payload={"text": "new"}), Step(part_id="b")
    assert failure(ChangeKind.EDIT, gone, "change_refused") == SURPLUS_LEFT
    assert failure(ChangeKind.EDIT, word, "change_refused") == "change_refused"
    assert failure(ChangeKind.DELETE, gone, "change_refused") == "change_refused"
