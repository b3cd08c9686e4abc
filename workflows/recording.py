"""Recording late: what came while PostgreSQL was away is recorded as soon as it answers."""

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.persistence import Persistence
    from domain.recording import Record, Recorded

from workflows import options


async def record(ask: Record) -> Recorded | None:
    """Have these events recorded, however long that takes; None where it failed for good, and is to be tried anew.

    Nobody else knows of these events: no failure may end the conversation that holds them.
    """
    try:
        return await _recorded(ask)
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
    await workflow.sleep(options.RECORD_AGAIN_AFTER, summary="until what failed to be recorded is tried again")
    return None


async def _recorded(ask: Record) -> Recorded:
    try:
        return await workflow.execute_local_activity_method(
            Persistence.record,
            ask,
            start_to_close_timeout=options.LOCAL_TIMEOUT,
            retry_policy=options.LOCAL_RETRY,
            summary="record what came while the database was away",
        )
    # A local activity whose attempts are used up raises what it failed with, not an ActivityError around it.
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
    return await workflow.execute_activity_method(
        Persistence.record,
        ask,
        start_to_close_timeout=options.DATABASE_TIMEOUT,
        retry_policy=options.DATABASE_RETRY,
        summary="record what came, once the database answers",
    )
