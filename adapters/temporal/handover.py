"""Handing over: what was recorded goes to the conversation's workflow, in order, and is then marked.

Whoever hands over carries everything that is not marked yet, so nothing overtakes; a row that is handed over twice is
known to the workflow by its id.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from adapters.database import handovers
from adapters.database.engine import Database
from adapters.database.events import mark_handed_over
from adapters.database.handovers import Batch
from adapters.temporal import names
from domain.conversations import IndexedStatus
from domain.handovers import ConversationState, Handover
from domain.ids import ConversationId, workflow_id

BUDGET = timedelta(milliseconds=250)
AWAY_SECONDS = 1.0
RELAY_EVERY_SECONDS = 1.0
RELAY_AFTER = timedelta(seconds=1.5)
_RELAY_BUDGET = timedelta(seconds=2)
_AWAY = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
"""What a call ends with that Temporal did not answer; any other end is about the conversation."""


def _now() -> datetime:
    return datetime.now(UTC)


class Handing:
    """Hands conversations over to Temporal; `client` is lazy and has the SDK's retries off."""

    def __init__(self, database: Database, client: Client, task_queue: str, now: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._client = client
        self._task_queue = task_queue
        self._now = now
        self._away_until = 0.0

    async def hand_over(self, conversation_id: UUID, budget: timedelta = BUDGET, *, at_once: bool = True) -> bool:
        """Tell the workflow what it was not told yet; False when Temporal did not take it in time: the relay will.

        After a failure, for a moment, nobody but the relay tries: each try would cost its caller the whole budget.
        """
        if at_once and self._is_away():
            return False
        more = True
        while more:
            async with self._database.begin() as connection:
                batch = await handovers.batch(connection, conversation_id)
            if batch is None:
                return True
            if not await self._signalled(batch, budget):
                return False
            async with self._database.begin() as connection:
                await mark_handed_over(connection, [UUID(item.id) for item in batch.items], self._now())
            more = batch.more
        return True

    async def _signalled(self, batch: Batch, budget: timedelta) -> bool:
        """Whether Temporal took it; where it did not answer, it is away for a moment."""
        try:
            # The call's own timeout does not cover connecting, which a server that is cut off can hold up for long.
            async with asyncio.timeout(budget.total_seconds()):
                await self._signal(batch, budget)
        except (RPCError, RuntimeError, OSError) as error:
            if not isinstance(error, RPCError) or error.status in _AWAY:
                self._away_until = time.monotonic() + AWAY_SECONDS
            get_logger(__name__).warning(
                "handover_postponed", conversation=str(batch.conversation_id), error=_kind(error)
            )
            return False
        self._away_until = 0.0
        return True

    async def _signal(self, batch: Batch, budget: timedelta) -> None:
        handover = Handover(items=batch.items, bursts=batch.bursts, correlation_id=batch.correlation_id)
        conversation = ConversationId(batch.conversation_id)
        if not batch.starts:
            await self._signal_if_running(workflow_id(conversation), handover, budget)
            return
        await self._client.start_workflow(
            names.CONVERSATION_WORKFLOW,
            ConversationState(conversation_id=str(conversation), platform=batch.platform, bursts=batch.bursts),
            id=workflow_id(conversation),
            task_queue=self._task_queue,
            start_signal=names.RECEIVE_SIGNAL,
            start_signal_args=[handover],
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=_attributes(batch),
            static_summary=f"{batch.bot_name} on {batch.platform}",
            rpc_timeout=budget,
        )

    async def _signal_if_running(self, workflow: str, handover: Handover, budget: timedelta) -> None:
        handle = self._client.get_workflow_handle(workflow)
        try:
            await handle.signal(names.RECEIVE_SIGNAL, handover, rpc_timeout=budget)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    async def check(self) -> None:
        """Ask Temporal whether it serves; raises what its client raises."""
        await self._client.service_client.check_health(timeout=timedelta(seconds=2))

    async def relay(self) -> None:
        """Until cancelled, hand over what is left behind, wherever Temporal was away or a process died in between."""
        while True:
            try:
                await self.relay_once()
            except (SQLAlchemyError, OSError) as error:
                get_logger(__name__).warning("relay_waits", error=_kind(error))
            await asyncio.sleep(RELAY_EVERY_SECONDS)

    async def relay_once(self, older_than: timedelta = RELAY_AFTER) -> int:
        """One round of the relay; how many conversations it took up."""
        async with self._database.begin() as connection:
            left = await handovers.lease_left_behind(connection, self._now(), older_than)
        for position, conversation in enumerate(left):
            if not await self._relayed(conversation) and self._is_away():
                async with self._database.begin() as connection:
                    await handovers.give_back(connection, left[position:])
                break
        return len(left)

    async def _relayed(self, conversation: UUID) -> bool:
        try:
            return await self.hand_over(conversation, budget=_RELAY_BUDGET, at_once=False)
        except ValueError as error:
            # Settings of a bot that this version cannot read must not hold up the other bots' conversations.
            get_logger(__name__).error("handover_impossible", conversation=str(conversation), error=_kind(error))
            return False


def _attributes(batch: Batch) -> TypedSearchAttributes:
    values = (str(batch.workspace_id), str(batch.bot_id), str(batch.channel_id), batch.platform, IndexedStatus.OPEN)
    return TypedSearchAttributes(
        [SearchAttributePair(key, str(value)) for key, value in zip(names.SEARCH_ATTRIBUTES, values, strict=True)]
    )


def _kind(error: BaseException) -> str:
    return error.status.name if isinstance(error, RPCError) else type(error).__name__
