"""Workers that die, are away, or are replaced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.load import Person
from tests.chaos.plan import Strike
from tests.chaos.program import Program
from tests.chaos.scene import Scene
from tests.deployment import ANSWER, CONVERSATION, SLEEPS_FIRST, changed

_OUTAGE_SECONDS = (3.0, 12.0)
_FEW_CONVERSATIONS = 10


async def kill_in_the_middle(scene: Scene) -> None:
    """R-01: SIGKILL while the model is asked, while a send hangs that was accepted, or while something is recorded."""
    worker, other = scene.world.workers
    # One worker alone: what is in the air when it dies is then known exactly.
    await other.stop()
    async for strike, person in scene.strikes():
        await _reach(scene, strike, person)
        await worker.kill()
        scene.in_the_air |= await scene.sending()
        await worker.start()
    await scene.world.simulated.client.delete("/_sim/faults")
    await other.start()


async def _reach(scene: Scene, strike: Strike, person: Person) -> None:
    """Bring a turn to where the kill is to meet it."""
    text = scene.load.text(person)
    if strike.way == "recording":
        await scene.load.say(person, text)
        await asyncio.sleep(strike.moment * 0.5)
        return
    met = {"platform": "openai", "method": "chat/completions"}
    if strike.way == "sending":
        met = {"platform": "telegram", "method": "sendMessage"}
    kind = "hang" if strike.way == "thinking" else "accept_then_hang"
    fault = await scene.arm({**met, "kind": kind, "contains": text, "count": 1})
    await scene.load.say(person, text)
    await scene.struck(fault)


async def take_all_away(scene: Scene) -> None:
    """R-02: SIGKILL or SIGSTOP to all workers, and none for a while."""
    shortest, longest = _OUTAGE_SECONDS
    async for strike, _ in scene.strikes():
        outage = shortest + strike.moment * (longest - shortest)
        await (_freeze(scene, outage) if strike.way == "frozen" else _kill(scene, outage))


async def _kill(scene: Scene, outage_seconds: float) -> None:
    for worker in scene.world.workers:
        worker.strike_down()
    for worker in scene.world.workers:
        await worker.kill()
    scene.in_the_air |= await scene.sending()
    await asyncio.sleep(outage_seconds)
    for worker in scene.world.workers:
        await worker.start()


async def _freeze(scene: Scene, outage_seconds: float) -> None:
    """What hangs in a call meanwhile may be answered when they wake, or be too late."""
    for worker in scene.world.workers:
        worker.freeze()
    scene.perhaps_in_the_air |= await scene.sending()
    await asyncio.sleep(outage_seconds)
    for worker in scene.world.workers:
        worker.wake()


async def replace_one_by_one(scene: Scene) -> None:
    """R-03: SIGTERM to one worker after the other, and its successor at once."""
    async for strike, _ in scene.strikes():
        worker = scene.world.workers[strike.choice % len(scene.world.workers)]
        await worker.stop()
        await worker.start()


async def deploy_and_take_back(scene: Scene) -> None:
    """R-21: a version is deployed that cannot go on from older histories, nor its predecessor from its own."""
    world = scene.world
    source = world.directory / "faulty"
    source.mkdir()
    faulty = world.worker("faulty-worker", source=changed(source, CONVERSATION, ANSWER, SLEEPS_FIRST))
    shortest, longest = _OUTAGE_SECONDS
    async for strike, person in scene.strikes():
        await scene.acknowledged(await scene.load.say(person))
        async with _in_place_of_all(scene, faulty):
            await asyncio.sleep(shortest + strike.moment * (longest - shortest))


async def crowd_out(scene: Scene) -> None:
    """R-23: workers that keep ten conversations in memory while hundreds go on."""
    async with _in_place_of_all(
        scene, *(scene.world.worker(f"small-{n}", cached_conversations=_FEW_CONVERSATIONS) for n in range(2))
    ):
        async for _, person in scene.strikes():
            await scene.load.say(person)


@asynccontextmanager
async def _in_place_of_all(scene: Scene, *others: Program) -> AsyncIterator[None]:
    """Other workers for the length of the block; SIGTERM to those that leave."""
    await asyncio.gather(*(worker.stop() for worker in scene.world.workers))
    for worker in others:
        await worker.start()
    try:
        yield
    finally:
        await asyncio.gather(*(worker.stop() for worker in others))
        for worker in scene.world.workers:
            await worker.start()
