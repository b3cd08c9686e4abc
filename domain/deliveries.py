"""The delivery ledger's rules: what a part can become, and what a retry does that finds it half sent."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from domain.models import Frozen
from domain.platforms import Guarantee

SEND_DEADLINE = timedelta(seconds=15)
"""How long one call to a platform may take in all; nothing is written to the wire after it."""
LEASE = timedelta(seconds=18)
"""How long a claimed part belongs to its attempt; longer than a call, so that two attempts never speak at once."""
LEASE_MARGIN = timedelta(seconds=1)
"""What a successor waits beyond the lease before it decides."""
RECEIPT_WAIT = timedelta(seconds=30)
"""How long after a send a platform is given to say what became of it, where it does."""


class DeliveryState(StrEnum):
    """Where one part of a reply stands."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    DROPPED = "dropped"


AT_REST = frozenset({DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.FAILED, DeliveryState.DROPPED})


class ClaimDecision(StrEnum):
    """What an attempt does with a part."""

    SEND = "send"
    WAIT = "wait"
    LEAVE = "leave"
    DOUBT = "doubt"


class Standing(Frozen):
    """A part as an attempt finds it."""

    state: DeliveryState
    lease_until: datetime | None = None
    retry_at: datetime | None = None
    doubts: int = 0
    """How often it was unknown whether a send had worked."""
    repeatable: bool = False
    """Whether sending is an edit of a message that stands there: saying the same again does no harm."""


def decide(
    part: Standing, now: datetime, guarantee: Guarantee, policy: Literal["at_most_once", "at_least_once"]
) -> ClaimDecision:
    """What to do with a part: a predecessor's send is waited for, then judged by the guarantee or the policy."""
    if part.state in AT_REST:
        return ClaimDecision.LEAVE
    if part.state is DeliveryState.PLANNED:
        return ClaimDecision.WAIT if part.retry_at and part.retry_at > now else ClaimDecision.SEND
    ready = ready_at(part, guarantee)
    if ready and ready > now:
        return ClaimDecision.WAIT
    return ClaimDecision.SEND if sends_after_doubt(part, guarantee, policy) else ClaimDecision.DOUBT


def sends_after_doubt(part: Standing, guarantee: Guarantee, policy: Literal["at_most_once", "at_least_once"]) -> bool:
    """Whether a part whose send is in doubt is taken up once more; a policy allows that a single time.

    Where sends can be read back, that is done before each further send: see `is_doubted`. An edit may always be made
    again.
    """
    if part.repeatable or guarantee in (Guarantee.TRANSACTION, Guarantee.READ_BACK):
        return True
    return policy == "at_least_once" and part.doubts == 0


def is_doubted(part: Standing) -> bool:
    """Whether an earlier send of this part may have worked."""
    return earlier_doubts(part) > 0


def earlier_doubts(part: Standing) -> int:
    """How many earlier sends may have worked; one that was never heard of again is not counted in `doubts` yet."""
    return part.doubts + (part.state is DeliveryState.SENDING)


def awaits_receipt(part: Standing, guarantee: Guarantee) -> bool:
    """Whether the platform may still say what became of a part: nobody need wait for it to the end."""
    return part.state is DeliveryState.SENDING and guarantee is Guarantee.RECEIPT


def ready_at(part: Standing, guarantee: Guarantee) -> datetime | None:
    """When a part that must be waited for is to be decided on."""
    if part.state is DeliveryState.SENDING and part.lease_until:
        begun = part.lease_until - LEASE
        return begun + (RECEIPT_WAIT if guarantee is Guarantee.RECEIPT else LEASE + LEASE_MARGIN)
    return part.retry_at


class Backoff(Frozen):
    """How long to wait without a word from the platform: `first`, and so many times longer with each attempt."""

    first: timedelta = timedelta(seconds=1)
    factor: int = 2
    longest: timedelta = timedelta(minutes=5)

    def after(self, attempts: int) -> timedelta:
        """The wait behind an attempt that had so many before it."""
        return min(self.first * int(self.factor ** min(attempts, 10)), self.longest)


USUAL_BACKOFF = Backoff()


def backed_off(attempts: int) -> timedelta:
    """How long to wait without a word from the platform after so many attempts: 1, 2, 4 … seconds, up to 300."""
    return USUAL_BACKOFF.after(attempts)
