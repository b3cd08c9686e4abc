"""Load: open, which comes when it is due whatever is still under way, and closed, which keeps so much under way."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Result = TypeVar("Result")


async def open_loop(rate: float, seconds: float, act: Callable[[float], Awaitable[Result]]) -> list[Result]:
    """Act `rate` times a second, evenly, and return what each came to; `act` is told when it was due.

    What starts late because the machine is busy counts from when it was due: a slow server cannot slow its load down.
    """
    start = time.monotonic()
    acting: list[asyncio.Task[Result]] = []
    for number in range(round(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        acting.append(asyncio.create_task(_awaited(act, due)))
    return list(await asyncio.gather(*acting))


async def closed_loop(in_flight: int, seconds: float, act: Callable[[int], Awaitable[object]]) -> float:
    """Keep so many acts under way, each told its number, one after the other; how many a second came to their end.

    What was begun in time counts with the time that it took to end, however slow the machine.
    """
    start = time.monotonic()

    async def again(number: int) -> int:
        done = 0
        while time.monotonic() < start + seconds:
            await act(number)
            done += 1
        return done

    done = await asyncio.gather(*(again(number) for number in range(in_flight)))
    return sum(done) / (time.monotonic() - start)


async def at_most(in_flight: int, acts: list[Callable[[], Awaitable[Result]]]) -> list[Result]:
    """All of these, so many at a time."""
    room = asyncio.Semaphore(in_flight)

    async def one(act: Callable[[], Awaitable[Result]]) -> Result:
        async with room:
            return await act()

    return list(await asyncio.gather(*(one(act) for act in acts)))


async def _awaited(act: Callable[[float], Awaitable[Result]], due: float) -> Result:
    return await act(due)
