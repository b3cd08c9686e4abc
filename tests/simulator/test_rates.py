"""How the stand-ins count what comes how often."""

from simulator.rates import Bucket, Window


def spent(limit: Window | Bucket, *times: float) -> list[float]:
    """How long each has to wait that comes at these times; who need not is counted."""
    waits = []
    for now in times:
        waits.append(limit.wait(now))
        if not waits[-1]:
            limit.spend(now)
    return waits


def test_a_window_holds_its_number_wherever_it_begins() -> None:
    assert spent(Window(2, 10.0), 0.0, 6.0, 9.0, 10.0, 15.0, 16.0) == [0, 0, 1, 0, 1, 0]


def test_a_bucket_holds_its_burst_and_fills_by_one_a_second() -> None:
    assert spent(Bucket(2), 0.0, 0.0, 0.5, 1.0, 1.5, 60.0, 60.0, 60.0) == [0, 0, 0.5, 0, 0.5, 0, 0, 1]
