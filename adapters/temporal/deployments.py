"""Worker deployments: which version new work goes to, who serves which, and which conversations are on another one."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import PendingWorkflowTaskState, RoutingConfigUpdateState, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from adapters.temporal import names
from domain.handovers import Handover

POLLED_WITHIN = timedelta(seconds=90)
"""A poll lasts a minute; who has not polled for longer has gone."""
LEFT_ALONE_AFTER = timedelta(seconds=8)
"""Longer than a worker that has gone keeps its conversations for itself."""
_VERSION = SearchAttributeKey.for_keyword("TemporalWorkerDeploymentVersion")
_SCHEDULED = PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
_IN_PROGRESS = RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS


@dataclass(frozen=True)
class Version:
    """A version of a deployment's workers; as text it is what Temporal lists of a conversation."""

    deployment: str
    build_id: str

    def __str__(self) -> str:
        return f"{self.deployment}:{self.build_id}"

    @classmethod
    def parsed(cls, text: str) -> "Version":
        """The version of this name; a deployment's name has no colon."""
        deployment, _, build_id = text.partition(":")
        return cls(deployment, build_id)


@dataclass(frozen=True)
class Elsewhere:
    """A running conversation on another version than the wanted one; None: on a worker without versions."""

    workflow: str
    run: str
    version: str | None


@dataclass(frozen=True)
class Routing:
    """Where new work goes, as `deployment:build id`, and whether all of the server knows it already."""

    current: str | None
    settled: bool


class Deployments:
    """The versions of one installation's workers, as its Temporal server has them."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        queue = task_queue.replace("'", "''")
        self._running = (
            f"WorkflowType = '{names.CONVERSATION_WORKFLOW}' AND TaskQueue = '{queue}' AND ExecutionStatus = 'Running'"
        )

    async def routing(self, deployment: str) -> Routing | None:
        """Where new work goes; None while no worker of this deployment was ever there."""
        request = DescribeWorkerDeploymentRequest(namespace=self._client.namespace, deployment_name=deployment)
        try:
            answer = await self._client.workflow_service.describe_worker_deployment(request, retry=True)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None
        found = answer.worker_deployment_info
        current = found.routing_config.current_deployment_version
        name = str(Version(current.deployment_name, current.build_id)) if current.build_id else None
        return Routing(name, found.routing_config_update_state != _IN_PROGRESS)

    async def make_current(self, version: Version) -> None:
        """Have new work go to this version."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self._client.namespace,
            deployment_name=version.deployment,
            build_id=version.build_id,
            identity=self._client.identity,
        )
        await self._client.workflow_service.set_worker_deployment_current_version(request, retry=True)

    async def served(self) -> Mapping[str, set[str]]:
        """The task queues of ours that workers of each version serve."""
        found: dict[str, set[str]] = defaultdict(set)
        for queue, kind in self.queues():
            request = DescribeTaskQueueRequest(
                namespace=self._client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
            )
            answer = await self._client.workflow_service.describe_task_queue(request, retry=True)
            for poller in answer.pollers:
                options = poller.deployment_options
                polled_at = poller.last_access_time.ToDatetime(UTC)
                if options.build_id and polled_at > datetime.now(UTC) - POLLED_WITHIN:
                    found[str(Version(options.deployment_name, options.build_id))].add(queue)
        return found

    def queues(self) -> tuple[tuple[str, TaskQueueType.ValueType], ...]:
        """The task queues of an installation, with what waits there."""
        activities = (names.ai_queue(self._task_queue), names.delivery_queue(self._task_queue))
        return (
            (self._task_queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
            *((queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY) for queue in activities),
        )

    async def counted(self) -> dict[str | None, int]:
        """How many conversations run on each version."""
        found: dict[str | None, int] = defaultdict(int)
        async for one in self._listed(self._running):
            found[one.version] += 1
        return found

    def elsewhere(self, version: Version) -> AsyncIterator[Elsewhere]:
        """The running conversations that are on another version than this."""
        wanted = str(version).replace("'", "''")
        return self._listed(f"{self._running} AND ({_VERSION.name} IS NULL OR {_VERSION.name} != '{wanted}')")

    async def _listed(self, query: str) -> AsyncIterator[Elsewhere]:
        async for run in self._client.list_workflows(query):
            yield Elsewhere(run.id, run.run_id, run.typed_search_attributes.get(_VERSION))

    async def is_left_alone(self, one: Elsewhere) -> bool:
        """Whether it has something to decide, and no worker has taken that up for a while."""
        try:
            described = await self._client.get_workflow_handle(one.workflow, run_id=one.run).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        task = described.raw_description.pending_workflow_task
        scheduled_at = task.original_scheduled_time.ToDatetime(UTC)
        return task.state == _SCHEDULED and scheduled_at < datetime.now(UTC) - LEFT_ALONE_AFTER

    async def wake(self, one: Elsewhere) -> None:
        """Have a conversation look up: in between two turns it goes on in a new run, with the current version."""
        try:
            handle = self._client.get_workflow_handle(one.workflow, run_id=one.run)
            await handle.signal(names.RECEIVE_SIGNAL, Handover())
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
