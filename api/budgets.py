"""The time that the database gets: who calls does not wait for one that is away without saying so."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

import psycopg
from sqlalchemy.exc import SQLAlchemyError

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


async def while_it_answers(
    work: Coroutine[object, object, Done], check: Callable[[], Coroutine[object, object, None]]
) -> Done:
    """What the work gives, however long that takes, as long as the database answers a check now and then.

    Raises `DatabaseSilent` when it does not: a server that is frozen refuses nothing, and ends no statement.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(look_at)
    while not (await asyncio.wait({task}, timeout=SECONDS))[0]:
        try:
            await in_time(check())
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            if task.done():
                break
            task.cancel()
            raise DatabaseSilent("the database answers nobody") from error
    return task.result()


def look_at(task: asyncio.Task[Done]) -> None:
    """What nobody waits for any more may fail in silence."""
    if not task.cancelled():
        task.exception()
