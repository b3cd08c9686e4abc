"""Calls of tools: what a model wants called, what became of it, and what the model is told of that."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field, JsonValue

from domain.models import Frozen

MAX_ARGUMENT_CHARACTERS = 16_000
"""Longer arguments are not read to their end, and not used."""
MOST_WANTED = 32
"""Of what a model wants called at once, so much is heard."""
MAX_NAME_CHARACTERS = 100


class CallState(StrEnum):
    """Where a call stands; `started` is on record before anything is done outside."""

    PLANNED = "planned"
    STARTED = "started"
    ENDED = "ended"


class CallOutcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It was begun, and nobody can say whether it was done."""
    REFUSED = "refused"
    """It was never made: no such tool, wrong arguments, or too many calls."""
    DENIED = "denied"
    """It was never made: no operator agreed."""


class ApprovalState(StrEnum):
    """What became of the question whether a call may be made."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """Its turn is over, or was begun anew: nobody waits for an answer."""


class WantedCall(Frozen):
    """What a model wants called; `arguments` is what it wrote, JSON or not."""

    name: str
    arguments: str = ""


class MadeCall(Frozen):
    """A call as the model is reminded of it; without a result it is still to be made."""

    name: str
    arguments: str = "{}"
    result: str | None = None


class Step(Frozen):
    """One answer of the model that asked for calls: what it said beside, and the calls."""

    text: str = ""
    calls: tuple[MadeCall, ...] = ()


class OfferedTool(Frozen):
    """A tool as the model is told of it; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


class PlannedCall(Frozen):
    """A call that is to be made next; `waits_seconds`: an operator may still be asked for so long."""

    id: str
    name: str
    effects: bool = False
    waits_seconds: float = 0.0


class CallTool(Frozen):
    """A call to make, as the workflow asks for it; `seconds` is what is left of the bot's patience."""

    conversation_id: str
    turn_id: str
    turn: int
    generation: int
    call_id: str
    seconds: float
    correlation_id: str | None = None


class Called(Frozen):
    """What became of a call: its outcome, or that an operator is still asked, or that the turn wants it no more."""

    outcome: CallOutcome | None = None
    waits_seconds: float = 0.0
    outdated: bool = False


class Result(Frozen):
    """How a call ended, and what the model is told."""

    outcome: CallOutcome
    content: Mapping[str, JsonValue] = Field(default_factory=dict)


def refused(reason: str) -> Result:
    """A call that is not made at all."""
    return Result(outcome=CallOutcome.REFUSED, content={"reason": reason})


def failed(reason: str) -> Result:
    """A call that did nothing."""
    return Result(outcome=CallOutcome.FAILED, content={"reason": reason})


UNKNOWN = Result(
    outcome=CallOutcome.UNKNOWN,
    content={"reason": "Nobody can say whether it was done. Do not call it again for the same; tell the user."},
)
DENIED = Result(outcome=CallOutcome.DENIED, content={"reason": "An operator did not agree to it."})
EXPIRED = Result(outcome=CallOutcome.DENIED, content={"reason": "No operator answered in time."})
OVER_THE_CAP = refused("No more calls are possible in this turn.")
