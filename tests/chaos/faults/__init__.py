"""The faults by their number in the list of faults: what the schedule knows of each, and what it does."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.chaos.faults import conversations, front_door, outside, stores, workers
from tests.chaos.plan import Kind
from tests.chaos.scene import Scene


@dataclass(frozen=True)
class Fault:
    """A fault: its schedule and its blow."""

    kind: Kind
    strike: Callable[[Scene], Awaitable[None]]


FAULTS: Mapping[str, Fault] = {
    "R-01": Fault(
        Kind("worker killed", 100, ("thinking", "sending", "thinking", "sending", "recording"), (0.5, 2.0)),
        workers.kill_in_the_middle,
    ),
    "R-04": Fault(
        Kind("API killed", 500, ("request", "before the answer", "after the answer"), (0.0, 0.3)),
        front_door.kill_around_the_acknowledgement,
    ),
    "R-09": Fault(Kind("event repeated", 10_000, pause=(0.02, 0.12)), front_door.repeat),
    "R-05": Fault(Kind("Temporal restarted", 10, ("SIGTERM", "SIGKILL"), (2.0, 5.0)), stores.restart_temporal),
    "R-07": Fault(Kind("PostgreSQL restarted", 10, ("immediate", "fast"), (2.0, 5.0)), stores.restart_postgres),
    "R-02": Fault(Kind("no worker", 5, ("killed", "frozen"), (2.0, 5.0)), workers.take_all_away),
    "R-03": Fault(Kind("worker replaced", 30, pause=(0.5, 3.0)), workers.replace_one_by_one),
    "R-21": Fault(Kind("faulty version deployed", 3, pause=(2.0, 5.0)), workers.deploy_and_take_back),
    "R-23": Fault(Kind("cache too small", 500, pause=(0.02, 0.1), least=50), workers.crowd_out),
    "R-15": Fault(
        Kind("accepted in silence", 100, ("accept_then_hang", "accept_then_reset"), (0.1, 0.5)),
        outside.accept_in_silence,
    ),
    "R-13": Fault(
        Kind("429 from the platform", 200, ("seconds", "http_date", "missing"), (0.05, 0.3)), outside.slow_down
    ),
    "R-14": Fault(
        Kind("5xx or reset from the platform", 200, ("500", "502", "503", "reset"), (0.05, 0.3)), outside.refuse
    ),
    "R-17": Fault(
        Kind(
            "model breaks off",
            100,
            ("hang", "stall_mid_stream", "close_mid_stream", "reset_mid_stream"),
            (0.1, 0.5),
            apologises=True,
        ),
        outside.break_the_model,
    ),
    "R-18": Fault(
        Kind("model refuses", 100, ("429", "500", "503", "529", "nonsense"), (0.1, 0.5), apologises=True),
        outside.refuse_from_the_model,
    ),
    "R-24": Fault(
        Kind("Temporal cut off", 20, ("workers cut", "APIs cut", "workers held", "APIs held"), (1.0, 3.0)),
        stores.cut_off,
    ),
    "R-12": Fault(Kind("burst of a newcomer", 20, pause=(0.5, 1.0)), front_door.burst_of_a_newcomer),
    "R-11": Fault(Kind("event overtaken", 1_000, pause=(0.05, 0.2)), front_door.overtake),
    "R-10": Fault(Kind("event encoded again", 200, pause=(0.05, 0.2)), front_door.encode_again),
    "R-22": Fault(Kind("endless conversation", 2_000, pause=(0.0, 0.02), least=100), conversations.grow),
    "R-26": Fault(Kind("operator takes over", 100, pause=(0.1, 0.5)), conversations.take_over),
    "R-25": Fault(Kind("stream not read", 200, pause=(0.0, 0.1), least=10), conversations.stall),
    "R-20": Fault(
        Kind("unreadable signal", 30, ("unknown", "mistyped", "strange key"), (0.2, 1.0)), conversations.confuse
    ),
    "R-06": Fault(Kind("Temporal lost", 1, pause=(2.0, 5.0)), stores.lose_temporal),
}
"""In the order in which they strike."""
