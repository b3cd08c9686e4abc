"""The audit that runs whether or not anybody asks for it, started by a Schedule."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.auditing import Audited, Auditing

from workflows import options


@workflow.defn(name="AuditRecord")
class AuditingWorkflow:
    """One round over the invariants of the record."""

    @workflow.run
    async def run(self) -> Audited:
        """What does not hold."""
        return await workflow.execute_activity_method(
            Auditing.audit_record,
            start_to_close_timeout=timedelta(hours=1),
            heartbeat_timeout=options.HEARTBEAT,
            retry_policy=options.DATABASE_RETRY,
            summary="prove that the promises are kept",
        )
