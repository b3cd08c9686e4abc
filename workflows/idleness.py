"""The sweep that closes idle conversations, started by a Schedule; no conversation keeps a timer of its own."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.idleness import Idleness

from workflows import options

_FULL = 500


@workflow.defn(name="CloseIdleConversations")
class IdlenessWorkflow:
    """Closes idle conversations, batch after batch, until a batch is not full."""

    @workflow.run
    async def run(self) -> int:
        """How many were closed."""
        closed = 0
        for _ in range(100):
            batch = await workflow.execute_activity_method(
                Idleness.close_idle,
                start_to_close_timeout=timedelta(minutes=10),
                heartbeat_timeout=options.HEARTBEAT,
                retry_policy=options.DATABASE_RETRY,
                summary="close what is idle",
            )
            closed += batch
            if batch < _FULL:
                break
        return closed
