"""The Schedules of the installation: sweeps that run whether or not anybody writes."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from adapters.temporal import names

_JITTER = 0.1
_SWEEPS = {
    "close-idle": (names.IDLE_WORKFLOW, timedelta(minutes=5)),
    "hand-over-again": (names.SWEEP_WORKFLOW, timedelta(minutes=1)),
    "audit-record": (names.AUDIT_WORKFLOW, timedelta(hours=1)),  # it reads whole tables
    "prune-record": (names.RETENTION_WORKFLOW, timedelta(hours=6)),
}


def schedule_ids(task_queue: str) -> tuple[str, ...]:
    """The ids of the Schedules that an installation has."""
    return tuple(f"{task_queue}-{name}" for name in _SWEEPS)


async def ensure_schedules(client: Client, task_queue: str) -> None:
    """Create or update the Schedules; safe to run again and from several processes at once."""
    for name, (workflow, every) in _SWEEPS.items():
        schedule_id = f"{task_queue}-{name}"
        schedule = Schedule(
            action=ScheduleActionStartWorkflow(workflow, id=schedule_id, task_queue=task_queue),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)], jitter=every * _JITTER),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=10)),
        )
        await _ensure(client, schedule_id, schedule)


async def _ensure(client: Client, schedule_id: str, schedule: Schedule) -> None:
    def updated(_current: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule)

    try:
        await client.create_schedule(schedule_id, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(schedule_id).update(updated)
