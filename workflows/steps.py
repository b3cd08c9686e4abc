"""Steps in the database: a local activity where it answers at once, a patient one where it does not."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.persistence import Persistence

from workflows import options

Ask = TypeVar("Ask")
Result = TypeVar("Result")


async def in_database(step: Callable[[Persistence, Ask], Awaitable[Result]], ask: Ask, summary: str) -> Result:
    """What the step gives, however long the database is away."""
    try:
        return await workflow.execute_local_activity_method(
            step,
            ask,
            start_to_close_timeout=options.LOCAL_TIMEOUT,
            retry_policy=options.LOCAL_RETRY,
            summary=summary,
        )
    # A local activity whose attempts are used up raises what it failed with, not an ActivityError around it.
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
    return await workflow.execute_activity_method(
        step,
        ask,
        start_to_close_timeout=options.DATABASE_TIMEOUT,
        retry_policy=options.DATABASE_RETRY,
        summary=f"{summary}, once the database answers",
    )
