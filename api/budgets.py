"""The time that the database gets: who calls does not wait for one that is away without saying so."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

SECONDS = 3.0
Done = TypeVar("Done")


class DatabaseSilent(ConnectionError):
    """The database took longer than its budget; whether it did what was asked is not known."""


async def in_time(work: Coroutine[object, object, Done], seconds: float = SECONDS) -> Done:
    """What the work gives; raises `DatabaseSilent` when it takes longer, and leaves it to end by itself.

    Cancelling a statement asks the server to stop it, which takes as long again where the server does not answer, and
    a connection that is cancelled while it is made stays half open there: a caller that leaves cancels nothing.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(look_at)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        raise DatabaseSilent(f"the database did not answer within {seconds:g} seconds")
    return task.result()


def look_at(task: asyncio.Task[Done]) -> None:
    """What nobody waits for any more may fail in silence."""
    if not task.cancelled():
        task.exception()
