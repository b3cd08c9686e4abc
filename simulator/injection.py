"""Applies faults to a request, the same way for every platform."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.responses import Response

from simulator.connection import Pieces, Reset, Silence
from simulator.faults import Behaviour
from simulator.simulation import Simulation


async def answer(
    behaviours: Sequence[Behaviour],
    simulation: Simulation,
    accept: Callable[[], Awaitable[Response]],
    refuse: Callable[[Behaviour], Response],
) -> Response:
    """What the client gets: `accept` does what was asked, `refuse` builds the platform's error for a status.

    Delays come first. A fault in the middle of a stream is left to `accept`.
    """
    for behaviour in behaviours:
        if behaviour.kind == "delay":
            await simulation.pause(behaviour.duration)
    decisive = next((behaviour for behaviour in behaviours if behaviour.kind != "delay"), None)
    if decisive is None:
        return await accept()
    match decisive.kind:
        case "status":
            return refuse(decisive)
        case "reset_before_accept":
            return Reset()
        case "hang":
            return Silence(decisive.duration, simulation)
        case "accept_then_reset":
            await accept()
            return Reset()
        case "accept_then_hang":
            await accept()
            return Silence(decisive.duration, simulation)
        case "invalid_json":
            return _garbled(await accept())
        case _:
            return await accept()


def _garbled(response: Response) -> Response:
    """The same answer, its body cut in half, as a broken proxy would leave it; a stream comes garbled already."""
    if isinstance(response, Pieces):
        return response
    body = bytes(response.body)
    return Response(body[: len(body) // 2], response.status_code, media_type="application/json")
