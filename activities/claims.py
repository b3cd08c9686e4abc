"""What is done claim by claim: a transaction takes the next thing, a call does it, the next transaction records it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from activities.failures import later, unbroken
from domain.turns import Delivered

A_MOMENT = timedelta(milliseconds=100)
"""The shortest wait that is worth one."""
_WAITED_IN_HAND = timedelta(seconds=1)
"""Shorter waits hold the worker's slot: giving it back and starting again costs about as much."""
Claimed = TypeVar("Claimed")


@dataclass(frozen=True)
class Wait:
    """Nothing can be done for so long; the next attempt goes on then."""

    duration: timedelta


async def work_off(
    look: Callable[[], Awaitable[Claimed | Wait | Delivered]],
    act: Callable[[Claimed], Awaitable[Claimed | Wait | Delivered]],
    unready: str,
) -> Delivered:
    """Do what `look` takes by `act`, which says what comes next, to the end; raises `unready` where that takes long."""
    step = await look()
    while not isinstance(step, Delivered):
        if not isinstance(step, Wait):
            step = await unbroken(asyncio.ensure_future(act(step)))
        elif step.duration < _WAITED_IN_HAND:
            await asyncio.sleep(step.duration.total_seconds())
            step = await look()
        else:
            raise later(unready, "not_ready", step.duration)
    return step
