"""The time that the database gets: who calls waits no longer for one that is away without saying so."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from api.problems import unavailable

SECONDS = 3.0
Done = TypeVar("Done")


async def in_time(work: Coroutine[object, object, Done], seconds: float = SECONDS) -> Done:
    """What the work gives; 503 when it takes longer, and then it is left to end by itself.

    Cancelling a statement asks the server to stop, which takes as long again where the server does not answer.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        raise unavailable("The database does not answer.")
    return task.result()
