"""A turn's account: how the messages that it answered end."""

import pytest

from domain.deliveries import DeliveryState
from domain.events import END_STATES, EventState
from domain.turns import Account, ReplyKind, account, reply_key

SENT, UNCERTAIN, FAILED, DROPPED = (
    DeliveryState.SENT,
    DeliveryState.UNCERTAIN,
    DeliveryState.FAILED,
    DeliveryState.DROPPED,
)
ANSWERS = [ReplyKind.ANSWER, ReplyKind.GREETING, ReplyKind.HELP]


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("parts", [(SENT,), (UNCERTAIN,), (SENT, FAILED), (FAILED, UNCERTAIN), (SENT, DROPPED)])
def test_a_reply_of_which_any_part_was_sent_or_is_in_doubt_has_answered(
    kind: ReplyKind, parts: tuple[DeliveryState, ...]
) -> None:
    assert account(kind, parts, "late") == Account(state=EventState.ANSWERED)


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("parts", [(FAILED,), (FAILED, FAILED), (DROPPED,), (FAILED, DROPPED)])
def test_a_reply_of_which_no_part_arrived_has_failed(kind: ReplyKind, parts: tuple[DeliveryState, ...]) -> None:
    assert account(kind, parts, None) == Account(state=EventState.FAILED, reason="undeliverable")


def test_a_reply_that_failed_for_a_reason_says_so() -> None:
    assert account(ReplyKind.ANSWER, (FAILED,), "patience_over").reason == "patience_over"


def test_a_reply_without_parts_has_failed() -> None:
    assert account(ReplyKind.ANSWER, (), None) == Account(state=EventState.FAILED, reason="empty_answer")


@pytest.mark.parametrize("parts", [(), (SENT,), (FAILED,)])
def test_what_was_refused_ends_refused_whether_or_not_the_contact_could_be_told(
    parts: tuple[DeliveryState, ...],
) -> None:
    assert account(ReplyKind.REFUSAL, parts, "moderation:abuse") == Account(
        state=EventState.REFUSED, reason="moderation:abuse"
    )
    assert account(ReplyKind.REFUSAL, parts, None).reason == "moderation"


@pytest.mark.parametrize("parts", [(), (SENT,), (FAILED,)])
def test_what_got_an_apology_has_failed_with_its_reason(parts: tuple[DeliveryState, ...]) -> None:
    assert account(ReplyKind.APOLOGY, parts, "model:timeout") == Account(
        state=EventState.FAILED, reason="model:timeout"
    )
    assert account(ReplyKind.APOLOGY, parts, None).reason == "no_answer"


@pytest.mark.parametrize("kind", list(ReplyKind))
@pytest.mark.parametrize("parts", [(), (SENT,), (UNCERTAIN,), (FAILED,), (DROPPED,)])
def test_every_account_is_an_end(kind: ReplyKind, parts: tuple[DeliveryState, ...]) -> None:
    assert account(kind, parts, None).state in END_STATES


def test_replies_of_a_turn_have_names_of_their_own() -> None:
    names = {reply_key(turn, generation, kind) for turn in (1, 2, 11) for generation in (1, 2) for kind in ReplyKind}
    assert len(names) == 3 * 2 * len(ReplyKind)
