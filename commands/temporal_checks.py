"""Whether Temporal is there, knows what we need, and has workers of ours."""

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.temporal.client import connect
from adapters.temporal.names import ai_queue, delivery_queue
from adapters.temporal.schedules import schedule_ids
from commands import search_attributes
from commands.checks import Check, fault, warning
from commands.diagnosis import bounded
from commands.migrate import require_namespace
from settings import Settings

_MIGRATE = "Run: chat-orchestrator migrate."
_POLLED_WITHIN = timedelta(seconds=90)
"""A poll lasts a minute; who has not polled for longer has gone."""


async def check_temporal(settings: Settings) -> list[Check]:
    """The findings `temporal`, `search_attributes`, `schedules` and `workers …`; the rest only of one that answers."""
    clients: list[Client] = []

    async def reach() -> list[Check]:
        client = await connect(settings)
        await require_namespace(client)
        clients.append(client)
        return [Check("temporal")]

    found = await bounded("temporal", reach, "Check TEMPORAL_ADDRESS, and that the server runs.")
    if not clients:
        return found
    looks = [_check_attributes(clients[0]), _check_schedules(clients[0], settings.task_queue)]
    looks += [_check_workers(clients[0], queue, kind) for queue, kind in _queues(settings.task_queue)]
    return found + [check for checks in await asyncio.gather(*looks) for check in checks]


def _queues(task_queue: str) -> list[tuple[str, TaskQueueType.ValueType]]:
    return [
        (task_queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
        (ai_queue(task_queue), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
        (delivery_queue(task_queue), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    ]


async def _check_attributes(client: Client) -> list[Check]:
    async def look() -> list[Check]:
        lacking = await search_attributes.missing(client)
        if lacking:
            return [fault("search_attributes", f"Temporal does not know {', '.join(lacking)}.", _MIGRATE)]
        return [Check("search_attributes")]

    return await bounded("search_attributes", look, _MIGRATE)


async def _check_schedules(client: Client, task_queue: str) -> list[Check]:
    async def look() -> list[Check]:
        return [await _schedule(client, schedule) for schedule in schedule_ids(task_queue)]

    return await bounded("schedules", look, _MIGRATE)


async def _schedule(client: Client, schedule: str) -> Check:
    name = f"schedules {schedule}"
    try:
        described = await client.get_schedule_handle(schedule).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return fault(name, "Temporal has no such Schedule.", _MIGRATE)
    if described.schedule.state.paused:
        return warning(name, "It is paused.", "Unpause it in Temporal's user interface.")
    return Check(name)


async def _check_workers(client: Client, queue: str, kind: TaskQueueType.ValueType) -> list[Check]:
    name, remedy = f"workers {queue}", "Start one with: chat-orchestrator worker."

    async def look() -> list[Check]:
        request = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        )
        pollers = (await client.workflow_service.describe_task_queue(request)).pollers
        since = datetime.now(UTC) - _POLLED_WITHIN
        if any(poller.last_access_time.ToDatetime(UTC) > since for poller in pollers):
            return [Check(name)]
        return [fault(name, "No worker serves this task queue.", remedy)]

    return await bounded(name, look, remedy)
