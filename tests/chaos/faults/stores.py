"""The stores: Temporal and PostgreSQL restarted, cut off, or lost."""

import asyncio
import shutil
import signal

import psutil  # type: ignore[import-untyped]  # the package ships no types

from tests.chaos.scene import Scene
from tests.chaos.world import SERVICES_SAY
from tests.machine import until

_GONE_WITHIN_SECONDS = 60.0
_BACK_WITHIN_SECONDS = 120.0
_CUT_SECONDS = (2.0, 10.0)


async def restart_temporal(scene: Scene) -> None:
    """R-05: SIGTERM or SIGKILL; it comes back on its port with its data."""
    signals = {"SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL}
    async for strike, _ in scene.strikes():
        await _restart(scene, "temporal", signals[strike.way])


async def restart_postgres(scene: Scene) -> None:
    """R-07: a fast or an immediate shutdown; it comes back on its port with its data."""
    signals = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
    async for strike, _ in scene.strikes():
        await _restart(scene, "postgres", signals[strike.way])
        scene.perhaps_in_the_air |= await scene.sending()


async def _restart(scene: Scene, name: str, how: signal.Signals) -> None:
    struck = scene.world.server(name)
    struck.send_signal(how)
    await until(lambda: not struck.is_running(), _GONE_WITHIN_SECONDS)
    await until(lambda: _is_there(scene, name), _BACK_WITHIN_SECONDS)
    await scene.world.until_answering()


def _is_there(scene: Scene, name: str) -> bool:
    try:
        return bool(scene.world.server(name).is_running())
    except (IndexError, psutil.NoSuchProcess):
        return False


async def cut_off(scene: Scene) -> None:
    """R-24: the network between workers or APIs and Temporal breaks, or swallows everything."""
    world = scene.world
    shortest, longest = _CUT_SECONDS
    async for strike, _ in scene.strikes():
        who, _, how = strike.way.partition(" ")
        proxy = world.worker_to_temporal if who == "workers" else world.api_to_temporal
        await (proxy.cut() if how == "cut" else proxy.hold())
        await asyncio.sleep(shortest + strike.moment * (longest - shortest))
        await proxy.listen()


async def lose_temporal(scene: Scene) -> None:
    """R-06: Temporal's data is gone; its server begins anew, and `recover` hands over what has no end."""
    world = scene.world
    async for _ in scene.strikes():
        await world.services.stop()
        shutil.rmtree(world.directory / "data" / "temporal")
        await world.services.start(*SERVICES_SAY)
        for command in ("migrate", "recover"):
            code, _ = await world.command(command)
            assert code == 0, f"{command} ended with {code}; read {world.directory / command}.log"
