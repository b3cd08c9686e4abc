"""Conversations that stand still in Temporal: found by what the server reports, ended where nothing else helps."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryReverseRequest,
    ResetWorkflowExecutionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.temporal import names
from domain.ids import ConversationId, conversation_of, workflow_id

_UNREADABLE = frozenset({"KeyMissing", "InvalidTag", "DecodeError"})
"""What the codec fails with. A failure of the code itself is left alone: its remedy is other code."""
DIVERGED = "Nondeterminism"
_LATEST_EVENTS = 10
_TASK_ENDED = (EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)


@dataclass(frozen=True)
class Stuck:
    """A conversation whose run fails again and again, and with what."""

    conversation_id: UUID
    run_id: str
    failure: str

    @property
    def is_unreadable(self) -> bool:
        """Whether the run cannot read its own history, and never will unless a key comes back."""
        return self.failure in _UNREADABLE

    @property
    def has_diverged(self) -> bool:
        """Whether the code at hand would not have gone the way that the run's history went."""
        return self.failure == DIVERGED


class Quarantine:
    """Looks after the conversations of one installation's task queue."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def stuck(self, most: int) -> list[Stuck]:
        """The conversations that the server reports problems of; none from a server too old to do so."""
        query = (
            f"TaskQueue = '{self._task_queue}' AND WorkflowType = '{names.CONVERSATION_WORKFLOW}' "
            "AND ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
        )
        try:
            found = [(item.id, item.run_id) async for item in self._client.list_workflows(query, limit=most)]
        except RPCError as error:
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise
            return []
        return [Stuck(conversation_of(workflow), run, await self._failure(workflow, run)) for workflow, run in found]

    async def _failure(self, workflow: str, run_id: str) -> str:
        """The type of the latest failure; empty when it cannot be told."""
        request = GetWorkflowExecutionHistoryReverseRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=workflow, run_id=run_id),
            maximum_page_size=_LATEST_EVENTS,
        )
        history = (await self._client.workflow_service.get_workflow_execution_history_reverse(request)).history
        for event in history.events:
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                return _kind(event)
        return ""

    async def end(self, stuck: Stuck) -> None:
        """End the run, and no later one; what it knew stands in PostgreSQL."""
        workflow = workflow_id(ConversationId(stuck.conversation_id))
        handle = self._client.get_workflow_handle(workflow, run_id=stuck.run_id)
        try:
            await handle.terminate(reason=f"its history cannot be read: {stuck.failure}")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def repeat(self, stuck: Stuck) -> None:
        """Have a new run do over what the run was told, all of its signals among it; it goes its own way from there."""
        workflow = workflow_id(ConversationId(stuck.conversation_id))
        handle = self._client.get_workflow_handle(workflow, run_id=stuck.run_id)
        async for event in handle.fetch_history_events():
            if event.event_type in _TASK_ENDED:
                await self._reset(workflow, stuck.run_id, event.event_id)
                return

    async def _reset(self, workflow: str, run_id: str, event_id: int) -> None:
        request = ResetWorkflowExecutionRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow, run_id=run_id),
            reason="the code at hand would not have gone the way of its history",
            workflow_task_finish_event_id=event_id,
            request_id=str(uuid4()),
        )
        try:
            await self._client.workflow_service.reset_workflow_execution(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


def _kind(failed: HistoryEvent) -> str:
    attributes = failed.workflow_task_failed_event_attributes
    if attributes.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR:
        return DIVERGED
    return attributes.failure.application_failure_info.type
