"""A call at the door of a stand-in: what goes wrong with it, and what the ledger learns of it."""

from collections.abc import Awaitable, Callable, Mapping
from json import JSONDecodeError

from starlette.requests import Request
from starlette.responses import Response

from simulator.faults import Behaviour, Target
from simulator.graph.refusals import Refused, from_fault
from simulator.injection import answer
from simulator.simulation import Simulation
from simulator.wire import Object, json_answer


class Door:
    """Where a platform is called; its codes are those of an HTTP status without a code, its titles those of codes."""

    def __init__(self, simulation: Simulation, usual_codes: Mapping[int, int], titles: Mapping[int, str]) -> None:
        self._simulation = simulation
        self._usual_codes = usual_codes
        self._titles = titles

    async def meet(self, target: Target, name: str, act: Callable[[], Awaitable[Object]]) -> Response:
        """One call for whoever is called this name; `act` does what was asked, or raises `Refused`."""
        behaviours = self._simulation.faults.for_call(target)
        call: Object = {"method": target.method, "token": name, "chat_id": target.chat_id, "status": None}
        call |= {"description": None, "faults": [behaviour.kind for behaviour in behaviours]}
        entry = self._simulation.ledger.record("call", target.platform, call)

        async def accept() -> Response:
            try:
                content = await act()
            except Refused as refused:
                entry.update(status=refused.status, description=str(refused))
                return refused.response()
            entry["status"] = 200
            return json_answer(content)

        def refuse(behaviour: Behaviour) -> Response:
            entry["status"] = behaviour.status
            return from_fault(behaviour, self._usual_codes, self._titles)

        return await answer(behaviours, self._simulation, accept, refuse)


def bearer(request: Request) -> str | None:
    """The token that a call carries."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


async def body_of(request: Request) -> Object:
    """The object in a call; an empty one where there is none."""
    try:
        content = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}
