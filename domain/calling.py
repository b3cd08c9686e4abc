"""What is to be done about a call of a tool, as it stands: made, waited for, told to have failed, or left alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.tool_calls import DENIED, EXPIRED, UNKNOWN, ApprovalState, CallOutcome, CallState, Result, failed, refused
from domain.tools import Tool

LEASE_MARGIN = timedelta(seconds=3)
"""What is called is over by its deadline; so long after it nobody can be at it any more."""
MOST_ATTEMPTS = 3
"""Of a call without effects whose workers died."""
_LOOK_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True)
class CallStanding:
    """A call as the record holds it; `wanted`: its turn is open, was not begun anew, and the bot has the voice."""

    name: str
    arguments: str
    effects: bool
    state: CallState
    wanted: bool
    outcome: CallOutcome | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    approval: ApprovalState | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What to do: make the call, end it with a result, look again after a while, ask on, or nothing."""

    make: bool = False
    ends: Result | None = None
    look_after: timedelta | None = None
    asks_for: timedelta | None = None
    expired: bool = False


_NOTHING = Decision()


def decide(call: CallStanding, tool: Tool | None, now: datetime) -> Decision:
    """What to do about a call; one with effects that was begun is never made again."""
    if call.state is CallState.ENDED:
        return _NOTHING
    if call.state is CallState.STARTED:
        return _begun(call, now)
    if not call.wanted:
        return _NOTHING
    if tool is None:
        return Decision(ends=refused(f"There is no tool {call.name!r} any more."))
    return _unbegun(call, tool, now)


def _begun(call: CallStanding, now: datetime) -> Decision:
    if call.lease_until and call.lease_until > now:
        return Decision(look_after=min(call.lease_until - now, _LOOK_AGAIN))
    if call.effects:
        return Decision(ends=UNKNOWN)
    if call.attempts >= MOST_ATTEMPTS:
        return Decision(ends=failed("It was tried several times, and nobody lived to tell what came of it."))
    return Decision(make=call.wanted)


def _unbegun(call: CallStanding, tool: Tool, now: datetime) -> Decision:
    if tool.effects and not call.effects:
        return Decision(ends=refused("The tool was changed meanwhile."))
    if call.approval is ApprovalState.APPROVED:
        return Decision(make=True)
    if call.approval is ApprovalState.PENDING and call.expires_at and call.expires_at > now:
        return Decision(asks_for=call.expires_at - now)
    if call.approval is ApprovalState.PENDING:
        return Decision(ends=EXPIRED, expired=True)
    if call.approval is None and not tool.approval:
        return Decision(make=True)
    return Decision(ends=DENIED)
