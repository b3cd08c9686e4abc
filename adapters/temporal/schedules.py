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

IDLE_EVERY = timedelta(minutes=5)


def schedule_ids(task_queue: str) -> tuple[str, ...]:
    """The ids of the Schedules that an installation has."""
    return (f"{task_queue}-close-idle",)


async def ensure_schedules(client: Client, task_queue: str) -> None:
    """Create or update the Schedules; safe to run again and from several processes at once."""
    (idle,) = schedule_ids(task_queue)
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(names.IDLE_WORKFLOW, id=idle, task_queue=task_queue),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=IDLE_EVERY)], jitter=timedelta(seconds=30)),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=10)),
    )

    def updated(_current: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule)

    try:
        await client.create_schedule(idle, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(idle).update(updated)
