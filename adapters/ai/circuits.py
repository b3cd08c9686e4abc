"""The circuit breakers of one process: one for each model of each endpoint, logged at each change."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from structlog.stdlib import get_logger

from adapters.errors import OutOfTime, OutsideError, Unreachable
from domain.circuits import TELLING_SECONDS, Circuit, State, abandoned, admit, failed

_ABANDONED = "abandoned"
Name = tuple[UUID, str, str]


def labels(name: Name) -> dict[str, str]:
    """A circuit's name, as logs and metrics say it."""
    workspace_id, endpoint, model = name
    return {"workspace": str(workspace_id), "endpoint": endpoint, "model": model}


def _uncounted(_name: Name, _what: str) -> None:
    """Where nobody counts."""


class Breakers:
    """One circuit for each model of each endpoint; `monotonic` tells the seconds.

    Each workspace has its own: what one does to an endpoint shall not keep another from it.
    `ended` hears how each call ended, `changed` each new state.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        ended: Callable[[Name, str], None] = _uncounted,
        changed: Callable[[Name, State], None] = _uncounted,
    ) -> None:
        self._monotonic = monotonic
        self._ended = ended
        self._changed = changed
        self._circuits: dict[Name, Circuit] = {}

    @asynccontextmanager
    async def passed(self, workspace_id: UUID, endpoint: str, model: str) -> AsyncIterator[None]:
        """Let a call through, and learn from how it ends; raises `Unreachable` where the circuit is open.

        What the endpoint answered, even if it is a refusal, shows that it is there; who had no time shows nothing.
        """
        name = (workspace_id, endpoint, model)
        admission = admit(self._of(name), self._monotonic())
        if admission.wait_seconds:
            self._ended(name, "circuit_open")
            wait = timedelta(seconds=admission.wait_seconds)
            raise Unreachable(f"the model {model!r} failed again and again and is left alone for a moment", wait)
        self._become(name, admission.circuit)
        outcome = _ABANDONED
        try:
            yield
            outcome = "answered"
        except OutOfTime as error:
            outcome = error.reason if error.waited_seconds >= TELLING_SECONDS else _ABANDONED
            raise
        except OutsideError as error:
            outcome = error.reason
            raise
        finally:
            self._ended(name, outcome)
            self._become(name, self._after(name, outcome, is_probe=admission.is_probe))

    def _after(self, name: Name, outcome: str, *, is_probe: bool) -> Circuit:
        if outcome == Unreachable.reason:
            return failed(self._of(name), self._monotonic(), is_probe=is_probe)
        return abandoned(self._of(name), is_probe=is_probe) if outcome == _ABANDONED else Circuit()

    def _of(self, name: Name) -> Circuit:
        return self._circuits.get(name, Circuit())

    def _become(self, name: Name, circuit: Circuit) -> None:
        before = self._of(name)
        if circuit == Circuit():
            self._circuits.pop(name, None)
        else:
            self._circuits[name] = circuit
        if circuit.state != before.state:
            log = get_logger(__name__)
            tell = log.info if circuit.state == "closed" else log.warning
            tell("model_circuit_changed", **labels(name), state=circuit.state, was=before.state)
            self._changed(name, circuit.state)
