"""Recording late: what came while PostgreSQL was away is recorded as soon as it answers."""

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.persistence import Persistence
    from domain.recording import Record, Recorded

from workflows import options
from workflows.steps import in_database


async def record(ask: Record) -> Recorded | None:
    """Have these events recorded, however long that takes; None where it failed for good, and is to be tried anew.

    Nobody else knows of these events: no failure may end the conversation that holds them.
    """
    try:
        return await in_database(Persistence.record, ask, "record what came while the database was away")
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
    await workflow.sleep(options.RECORD_AGAIN_AFTER, summary="until what failed to be recorded is tried again")
    return None
