"""`chat-orchestrator replay`: recorded conversations, replayed against the code at hand before it is rolled out."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from google.protobuf.json_format import ParseError
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

from adapters.faults import CommandFailed
from adapters.temporal.client import connect, data_converter
from adapters.temporal.names import CONVERSATION_WORKFLOW
from domain.ids import ConversationId, conversation_of, workflow_id
from settings import Settings
from worker import WORKFLOWS, workflow_runner

_MESSAGE = re.compile(r'message: "((?:[^"\\]|\\.)*)"')


class HistoryMissing(CommandFailed):
    """There is nothing to replay under that name."""


@dataclass(frozen=True)
class Replayed:
    """A history that was replayed, and where it went another way; None where it went the same."""

    history: WorkflowHistory
    difference: str | None


async def replay(settings: Settings, conversation: str | None, file: Path | None, limit: int) -> int:
    """Prints a line for each history; the answer is 1 when one went another way than it was recorded."""
    count = failed = 0
    async for result in replayed(settings, _histories(settings, conversation, file, limit)):
        count += 1
        failed += result.difference is not None
        print(_line(result), flush=True)
    if count == 0 and conversation:
        raise HistoryMissing(
            f"Temporal holds no run of conversation {conversation}.",
            "See which there are in Temporal's user interface; runs are kept as long as the namespace's retention.",
        )
    print(f"{count} replayed, {failed} failed", flush=True)
    return 1 if failed else 0


async def replayed(settings: Settings, histories: AsyncIterator[WorkflowHistory]) -> AsyncIterator[Replayed]:
    """Each history, replayed against the code at hand."""
    plain = settings.encrypt_payloads and not settings.secrets()
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=workflow_runner(),
        runtime=Runtime(telemetry=TelemetryConfig(logging=None)),
        data_converter=pydantic_data_converter if plain else data_converter(settings),
    )
    with _silent("temporalio"):
        async with replayer.workflow_replay_iterator(_begun(histories)) as results:
            async for result in results:
                failure = result.replay_failure
                yield Replayed(result.history, None if failure is None else _reason(failure))


async def _begun(histories: AsyncIterator[WorkflowHistory]) -> AsyncIterator[WorkflowHistory]:
    """Those in which something was decided: for another the replayer would wait for ever."""
    async for history in histories:
        if any(event.HasField("workflow_task_completed_event_attributes") for event in history.events):
            yield history


async def newest(client: Client, query: str, limit: int) -> AsyncIterator[WorkflowHistory]:
    """The histories of the newest runs that a query finds; a run that Temporal deletes meanwhile is left out."""
    async for run in client.list_workflows(query, limit=limit):
        try:
            history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        else:
            yield history


async def _histories(
    settings: Settings, conversation: str | None, file: Path | None, limit: int
) -> AsyncIterator[WorkflowHistory]:
    if file:
        yield _of_file(file)
        return
    query = f"WorkflowId = '{_workflow(conversation)}'" if conversation else f"WorkflowType = '{CONVERSATION_WORKFLOW}'"
    async for history in newest(await connect(settings), query, limit):
        yield history


def _of_file(file: Path) -> WorkflowHistory:
    try:
        history = WorkflowHistory.from_json(file.stem, file.read_text())
    except (ValueError, KeyError, TypeError, ParseError) as error:
        raise HistoryMissing(
            f"{str(file)!r} is no history of a workflow.", "Write one with: temporal workflow show -w ID -o json."
        ) from error
    if not history.events:
        raise HistoryMissing(f"{str(file)!r} holds no events.", "Write it again.")
    started = history.events[0].workflow_execution_started_event_attributes
    return WorkflowHistory(started.workflow_id or history.workflow_id, history.events)


def _workflow(conversation: str) -> str:
    try:
        named = conversation_of(conversation) if ":" in conversation else ConversationId(UUID(conversation))
    except ValueError as error:
        raise HistoryMissing(
            f"{conversation!r} is no id of a conversation.", "Copy it from GET /v1/conversations."
        ) from error
    return workflow_id(named)


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """What a replay finds comes as a line; the SDK's own log of the same would be pages."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def _line(result: Replayed) -> str:
    history = result.history
    what = f"{history.workflow_id} run {history.run_id} ({len(history.events)} events)"
    return f"same    {what}" if result.difference is None else f"differs {what}: {result.difference}"


def _reason(failure: Exception) -> str:
    """The core's message out of its failure, which it hands over in Rust's notation."""
    said = _MESSAGE.search(str(failure))
    return " ".join((said[1] if said else str(failure)).split()) or type(failure).__name__
