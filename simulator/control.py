"""The control API below `/_sim`: the ledger, the faults, a reset, and the routes of each stand-in."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from starlette.responses import Response

from simulator.faults import Fault
from simulator.ledger import EntryKind
from simulator.simulation import Platform, Settings, Simulation
from simulator.watching import watching_router
from simulator.wire import JSON, Object, json_answer


def create_control(simulation: Simulation, platforms: Mapping[str, Platform]) -> FastAPI:
    """The app that steers the others; its own description is at `/_sim/docs`."""
    control = FastAPI(title="Simulator", dependencies=[Depends(_same_origin)])
    control.include_router(_ledger_routes(simulation))
    control.include_router(_fault_routes(simulation))
    control.include_router(watching_router(simulation, platforms))
    for name, platform in platforms.items():
        control.include_router(platform.control, prefix=f"/{name}")

    @control.post("/reset", status_code=204)
    async def reset() -> None:
        """Everything as at the start: ledger, faults, settings, and the state of all platforms."""
        simulation.reset()
        for platform in platforms.values():
            platform.reset()

    @control.post("/settings")
    async def change_settings(changes: Settings) -> Settings:
        """What holds for all platforms."""
        simulation.settings = changes
        return changes

    return control


async def _same_origin(request: Request) -> None:
    """A page of another origin, open in the same browser, steers nothing here."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "pages of other origins may not steer the simulator")


def _ledger_routes(simulation: Simulation) -> APIRouter:
    router = APIRouter(prefix="/ledger", tags=["ledger"])

    @router.get("")
    async def read(
        kind: EntryKind | None = None, after: int = 0, platform: str | None = None, limit: int = 10_000
    ) -> Response:
        """Entries with a `seq` above `after`, oldest first; `last_seq` is where to go on."""
        items: list[JSON] = [*simulation.ledger.entries(kind, after, platform, limit)]
        last = items[-1] if items else None
        return json_answer({"items": items, "last_seq": last["seq"] if isinstance(last, dict) else after})

    @router.delete("", status_code=204)
    async def clear() -> None:
        """Forget all entries."""
        simulation.ledger.clear()

    return router


def _fault_routes(simulation: Simulation) -> APIRouter:
    router = APIRouter(prefix="/faults", tags=["faults"])

    @router.get("")
    async def show() -> Object:
        """All faults since the last clearing, how often each struck, and how often it still will."""
        return {"items": [armed.describe() for armed in simulation.faults.listed()]}

    @router.post("", status_code=201)
    async def add(fault: Fault) -> Object:
        """Arm a fault."""
        return simulation.faults.add(fault).describe()

    @router.delete("", status_code=204)
    async def clear() -> None:
        """Disarm all."""
        simulation.faults.clear()

    return router
