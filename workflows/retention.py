"""The sweep that removes what nobody needs any more, started by a Schedule."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.retention import Pruned, Retention

from workflows import options


@workflow.defn(name="PruneRecord")
class RetentionWorkflow:
    """One round over what is old."""

    @workflow.run
    async def run(self) -> Pruned:
        """What was removed."""
        return await workflow.execute_activity_method(
            Retention.prune,
            start_to_close_timeout=timedelta(hours=2),
            heartbeat_timeout=options.HEARTBEAT,
            retry_policy=options.DATABASE_RETRY,
            summary="remove what nobody needs any more",
        )
