"""Work that outlives its request: kept until it is done, and waited for at shutdown."""

import asyncio
from collections.abc import Coroutine

_SHUTDOWN_SECONDS = 5.0
_END_SECONDS = 2.0


class Background:
    """The unfinished work of one process."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, work: Coroutine[object, object, None]) -> None:
        """Run this beside the requests."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait a moment for what is unfinished, then let it go."""
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(self._tasks, timeout=_SHUTDOWN_SECONDS)
        for task in unfinished:
            task.cancel()


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is gone: what it was connecting or holding is given back by then."""
    task.cancel()
    await asyncio.wait({task})
