"""What Temporal holds of the conversations, audited: that those which are awaited run, stay small, and replay."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from adapters.database.audit import Finding
from adapters.temporal.names import CONVERSATION_WORKFLOW
from commands.replay import Replayed, newest, replayed
from domain.ids import ConversationId, workflow_id
from settings import Settings

MOST_EVENTS = 2_000
MOST_BYTES = 2_000_000
MOST_CARRIED_BYTES = 128 * 1024
REPLAYED = 100
"""How many of the newest runs are replayed."""
_AT_ONCE = 20

Advance = Callable[[], object]
"""Told after each conversation that was looked at."""
Item = TypeVar("Item")


class Histories:
    """The conversations of one installation, as its Temporal server has them."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._settings = settings
        self._client = client
        queue = settings.task_queue.replace("'", "''")
        self._all = f"WorkflowType = '{CONVERSATION_WORKFLOW}' AND TaskQueue = '{queue}'"
        self._running = f"{self._all} AND ExecutionStatus = 'Running'"

    async def number_running(self) -> int:
        """How many conversations run."""
        return (await self._client.count_workflows(self._running)).count

    async def missing(self, awaited: Sequence[UUID], advance: Advance) -> Finding:
        """I1: whoever waits for an answer waits for a workflow that runs."""
        return await _sum(self._missing, _each(awaited), advance)

    async def bounded(self, advance: Advance) -> Finding:
        """I7: the history of each running conversation is short, and so is what it carries from run to run."""
        runs = ((run.id, run.run_id) async for run in self._client.list_workflows(self._running))
        return await _sum(self._swollen, runs, advance)

    async def replays(self, advance: Advance) -> Finding:
        """I10: the newest runs go the same way with the code at hand."""
        finding = Finding()
        async for result in replayed(self._settings, newest(self._client, self._all, REPLAYED)):
            advance()
            finding += _replay(result)
        return finding

    async def _missing(self, conversation: UUID) -> Finding:
        workflow = workflow_id(ConversationId(conversation))
        described = await self._described(workflow)
        status = described.status if described else None
        if status is WorkflowExecutionStatus.RUNNING:
            return Finding()
        return _breach(
            "messages wait in it, and its workflow does not run",
            checked=0, conversation_id=str(conversation), workflow_id=workflow,
            workflow_status=status.name.lower() if status else "gone",
        )  # fmt: skip

    async def _swollen(self, run: tuple[str, str]) -> Finding:
        workflow, run_id = run
        described = await self._described(workflow, run_id)
        if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
            return Finding()
        info = described.raw_description.workflow_execution_info
        events, size = info.history_length, info.history_size_bytes
        carried = await self._carried(workflow, run_id) if info.first_run_id != run_id else 0
        if events < MOST_EVENTS and size < MOST_BYTES and carried < MOST_CARRIED_BYTES:
            return Finding(1)
        return _breach(
            "its history, or what it carries from run to run, is too large",
            workflow_id=workflow, run_id=run_id, events=events, bytes=size, carried_bytes=carried,
        )  # fmt: skip

    async def _described(self, workflow: str, run_id: str | None = None) -> WorkflowExecutionDescription | None:
        try:
            return await self._client.get_workflow_handle(workflow, run_id=run_id).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None

    async def _carried(self, workflow: str, run_id: str) -> int:
        """The size of what a run began with: its first event has it."""
        request = GetWorkflowExecutionHistoryRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=workflow, run_id=run_id),
            maximum_page_size=1,
        )
        answer = await self._client.workflow_service.get_workflow_execution_history(request, retry=True)
        started = answer.history.events[0].workflow_execution_started_event_attributes
        return sum(payload.ByteSize() for payload in started.input.payloads)


def _replay(result: Replayed) -> Finding:
    if result.difference is None:
        return Finding(1)
    history = result.history
    return _breach(
        "it goes another way with the code at hand",
        workflow_id=history.workflow_id, run_id=history.run_id, difference=result.difference,
    )  # fmt: skip


def _breach(problem: str, checked: int = 1, **details: str | int) -> Finding:
    return Finding(checked, 1, ({"problem": problem, **details},))


async def _sum(look: Callable[[Item], Awaitable[Finding]], items: AsyncIterator[Item], advance: Advance) -> Finding:
    """What is found in all items, some looked at side by side."""
    finding = Finding()
    async for batch in _batches(items):
        for found in await asyncio.gather(*map(look, batch)):
            finding += found
            advance()
    return finding


async def _batches(items: AsyncIterator[Item]) -> AsyncIterator[list[Item]]:
    batch: list[Item] = []
    async for item in items:
        batch.append(item)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _each(items: Sequence[Item]) -> AsyncIterator[Item]:
    for item in items:
        yield item
