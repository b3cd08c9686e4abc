"""A circuit opens after failures in a row, rests, and lets one call find out whether the model is back."""

from domain.circuits import FAILURES, REST_SECONDS, Circuit, abandoned, admit, failed


def opened(at: float = 100.0) -> Circuit:
    """A circuit that opened at this time."""
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit = failed(circuit, at, is_probe=False)
    return circuit


def test_failures_in_a_row_open_it_and_one_fewer_do_not() -> None:
    circuit = Circuit()
    for _ in range(FAILURES - 1):
        circuit = failed(circuit, 100.0, is_probe=False)
    assert circuit.state == "closed"
    assert failed(circuit, 100.0, is_probe=False).state == "open"


def test_an_open_circuit_says_how_long_it_rests() -> None:
    assert admit(opened(), 102.0).wait_seconds == REST_SECONDS - 2


def test_after_the_rest_one_call_is_let_through_and_the_others_wait() -> None:
    first = admit(opened(), 100.0 + REST_SECONDS)
    assert (first.is_probe, first.wait_seconds, first.circuit.state) == (True, 0, "half_open")
    assert admit(first.circuit, 100.0 + REST_SECONDS).wait_seconds == REST_SECONDS


def test_a_probe_that_fails_begins_a_new_rest() -> None:
    probing = admit(opened(), 200.0).circuit
    after = failed(probing, 230.0, is_probe=True)
    assert after.state == "open"
    assert admit(after, 231.0).wait_seconds == REST_SECONDS - 1


def test_a_probe_that_was_cancelled_leaves_its_place_to_the_next() -> None:
    probing = admit(opened(), 200.0).circuit
    assert admit(abandoned(probing, is_probe=True), 200.0).is_probe


def test_who_was_let_through_before_it_opened_does_not_prolong_its_rest() -> None:
    assert failed(opened(), 104.0, is_probe=False) == opened()
    probing = admit(opened(), 200.0).circuit
    assert failed(probing, 201.0, is_probe=False) == probing
    assert abandoned(probing, is_probe=False) == probing
