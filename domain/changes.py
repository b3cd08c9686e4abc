"""Changes of what was said: when a message can be edited or deleted, and what is done to each of its parts."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import JsonValue

from domain.deliveries import DeliveryState
from domain.models import Frozen


class ChangeKind(StrEnum):
    """What an operator wants of a message that was said."""

    EDIT = "edit"
    DELETE = "delete"


class ChangeState(StrEnum):
    """Where a change stands; the last three are ends."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Refusal(StrEnum):
    """Why a message cannot be changed."""

    NOT_OUTBOUND = "not_outbound"
    MESSAGE_DELETED = "message_deleted"
    HAS_ATTACHMENTS = "has_attachments"
    DELIVERY_IN_DOUBT = "delivery_in_doubt"
    NOT_SENT = "not_sent"
    TOO_MANY_PARTS = "too_many_parts"


class Said(Frozen):
    """A message as a change finds it; `states` are those of the parts that still stand, none before it is planned."""

    is_outbound: bool
    is_deleted: bool = False
    has_attachments: bool = False
    states: tuple[DeliveryState, ...] = ()


class Step(Frozen):
    """One call: a part gets a new payload, or goes where `payload` is None."""

    part_id: str
    payload: dict[str, JsonValue] | None = None


SURPLUS_LEFT = "surplus_left"
"""The new text stands, and behind it a part of the old one that the platform would not delete."""
_UNSENT = frozenset({DeliveryState.FAILED, DeliveryState.DROPPED})


def refusal(kind: ChangeKind, said: Said, parts: int) -> Refusal | None:
    """Why a message cannot be changed; None when it can. `parts`: how many its new text needs.

    A part in doubt may or may not be there, and nobody knows under which id: that is to be resolved first. An edit
    sends nothing: a text that needs more parts than there are is refused.
    """
    if not said.is_outbound:
        return Refusal.NOT_OUTBOUND
    if said.is_deleted:
        return Refusal.MESSAGE_DELETED
    if kind is ChangeKind.EDIT and said.has_attachments:
        return Refusal.HAS_ATTACHMENTS
    if DeliveryState.UNCERTAIN in said.states:
        return Refusal.DELIVERY_IN_DOUBT
    if said.states and _UNSENT.issuperset(said.states):
        return Refusal.NOT_SENT
    if said.states and kind is ChangeKind.EDIT and parts > len(said.states):
        return Refusal.TOO_MANY_PARTS
    return None


def failure(kind: ChangeKind, step: Step, reason: str) -> str:
    """Why a change failed whose step met this: an edit that could not delete did say the new text."""
    return SURPLUS_LEFT if kind is ChangeKind.EDIT and step.payload is None else reason


def steps(sent: Sequence[str | None], payloads: Sequence[dict[str, JsonValue]]) -> tuple[Step, ...]:
    """What is to be called for the parts in order, the new text first, then what goes.

    `sent` names the parts that stand on the platform; None for one that does not, and needs no call.
    """
    edits = [Step(part_id=part, payload=payload) for part, payload in zip(sent, payloads, strict=False) if part]
    return (*edits, *(Step(part_id=part) for part in sent[len(payloads) :] if part))
