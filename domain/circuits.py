"""A circuit breaker: a model that failed again and again is left alone, and asked once in a while whether it is back.

closed      asked; `FAILURES` in a row open it
open        not asked for `REST_SECONDS`
half-open   one call is let through: its success closes the circuit, its failure opens it again
"""

from dataclasses import dataclass, replace
from typing import Literal

State = Literal["closed", "open", "half_open"]
FAILURES = 5
REST_SECONDS = 5.0
TELLING_SECONDS = 5.0
"""A bot may have less patience than a model that is well needs: who waited for less than this has found nothing out."""


@dataclass(frozen=True)
class Circuit:
    """How one model stands; times are seconds of a monotonic clock."""

    failures: int = 0
    opened_at: float | None = None
    probing: bool = False

    @property
    def state(self) -> State:
        """Whether it is asked; an open circuit whose rest is over stays open until somebody wants to ask."""
        if self.opened_at is None:
            return "closed"
        return "half_open" if self.probing else "open"


@dataclass(frozen=True)
class Admission:
    """Whether a call may be made: at once, as the one that finds out whether the model is back, or after a wait."""

    circuit: Circuit
    is_probe: bool = False
    wait_seconds: float = 0.0


def admit(circuit: Circuit, now: float) -> Admission:
    """What somebody is told who wants to ask."""
    if circuit.opened_at is None:
        return Admission(circuit)
    if circuit.probing:
        return Admission(circuit, wait_seconds=REST_SECONDS)
    rest = circuit.opened_at + REST_SECONDS - now
    if rest > 0:
        return Admission(circuit, wait_seconds=rest)
    return Admission(replace(circuit, probing=True), is_probe=True)


def failed(circuit: Circuit, now: float, *, is_probe: bool) -> Circuit:
    """After a call that got no answer; one that began before the circuit opened does not prolong its rest."""
    if is_probe:
        return Circuit(circuit.failures, now)
    if circuit.opened_at is not None:
        return circuit
    failures = circuit.failures + 1
    return Circuit(failures, now if failures >= FAILURES else None)


def abandoned(circuit: Circuit, *, is_probe: bool) -> Circuit:
    """After a call that was cancelled, which tells nothing: the next one finds out."""
    return replace(circuit, probing=False) if is_probe else circuit
