"""The sweep that hands over again what got lost, started by a Schedule."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.sweeping import Sweeping, Swept

from workflows import options


@workflow.defn(name="HandOverAgain")
class SweepingWorkflow:
    """One round over the events that have no end and do not move."""

    @workflow.run
    async def run(self) -> Swept:
        """What was done."""
        return await workflow.execute_activity_method(
            Sweeping.hand_over_again,
            start_to_close_timeout=timedelta(minutes=5),
            heartbeat_timeout=options.HEARTBEAT,
            retry_policy=options.DATABASE_RETRY,
            summary="hand over again what got lost",
        )
