"""The circuit breakers of this worker's models: shared by all turns, counted at each call and each change."""

from collections.abc import Callable

from temporalio import activity
from temporalio.common import MetricMeter

from adapters.ai.circuits import Breakers, Name, labels
from domain.circuits import State

CIRCUIT = "chat_model_circuit"
"""The metric of a model's circuit: 0 is closed, 1 half-open, 2 open."""
CALLS = "chat_model_calls"
"""The metric of calls of models, by how they ended."""
_LEVELS: dict[State, int] = {"closed": 0, "half_open": 1, "open": 2}


class Circuits(Breakers):
    """The circuits of a worker; `monotonic` tells the seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__(monotonic, _count, _show)


def _count(name: Name, outcome: str) -> None:
    calls = _meter().create_counter(CALLS, "Calls of models.")
    calls.add(1, {**labels(name), "outcome": outcome})


def _show(name: Name, state: State) -> None:
    _meter().create_gauge(CIRCUIT, "Whether a model is asked.").set(_LEVELS[state], labels(name))


def _meter() -> MetricMeter:
    # What is asked beside the turns is in no activity, and is counted nowhere.
    return activity.metric_meter() if activity.in_activity() else MetricMeter.noop
