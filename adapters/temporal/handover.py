"""Handing over: what was recorded goes to the conversation's workflow, in order, and is then marked.

Whoever hands over carries everything that is not marked yet, so nothing overtakes; a row that is handed over twice is
known to the workflow by its id.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from weakref import WeakValueDictionary

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger
from temporalio.client import Client
from temporalio.common import Priority, SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from adapters.database import handovers
from adapters.database.engine import Database
from adapters.database.handovers import Batch
from adapters.temporal import names
from domain.conversations import IndexedStatus
from domain.handovers import ConversationState, Handover
from domain.ids import ConversationId, workflow_id

BUDGET = timedelta(milliseconds=250)
AWAY_SECONDS = 1.0
RELAY_EVERY_SECONDS = 1.0
PATIENCE = timedelta(seconds=3)
"""How long Temporal may take; whoever waits for an acknowledgement waits no longer than the budget."""
CARRY_PATIENCE = timedelta(seconds=1.5)
"""How long Temporal may take over what PostgreSQL did not: platforms wait three seconds, and one of them is gone."""
RELAY_AFTER = PATIENCE
"""Until then, whoever recorded it may still be handing it over."""
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
        self._telling: set[asyncio.Task[bool]] = set()
        self._one_by_one: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def hand_over(self, conversation_id: UUID, batch: Batch | None = None) -> bool:
        """Tell the workflow what it was not told yet; False when Temporal has not taken it within the budget.

        `batch` is all of that, where it is known. It may be told once more meanwhile: an event is known by its id.
        What takes longer goes on behind the caller's back, so that a slow server is not told everything twice; what
        fails is left to the relay. After a failure, for a moment, nobody but the relay tries: each try would cost its
        caller the whole budget.
        """
        if self._is_away():
            return False
        telling = asyncio.create_task(self._tell(conversation_id, batch))
        self._telling.add(telling)
        telling.add_done_callback(self._told)
        done, _ = await asyncio.wait({telling}, timeout=BUDGET.total_seconds())
        return bool(done) and telling.exception() is None and telling.result()

    def _told(self, telling: "asyncio.Task[bool]") -> None:
        self._telling.discard(telling)
        if not telling.cancelled() and (error := telling.exception()) is not None:
            get_logger(__name__).warning("handover_postponed", error=_kind(error))

    async def _tell(self, conversation_id: UUID, batch: Batch | None = None) -> bool:
        """One after the other for each conversation: whoever waited finds that it was told already."""
        lock = self._one_by_one.setdefault(conversation_id, asyncio.Lock())
        batch = None if lock.locked() else batch
        async with lock:
            while True:
                batch = batch or await self._waiting(conversation_id)
                if batch is None:
                    return True
                if not await self._signalled(batch):
                    return False
                async with self._database.once() as connection:
                    await handovers.mark(connection, [UUID(item.id) for item in batch.items], self._now())
                if not batch.more:
                    return True
                batch = None

    async def _waiting(self, conversation_id: UUID) -> Batch | None:
        async with self._database.once() as connection:
            return await handovers.batch(connection, conversation_id)

    async def carry(self, batch: Batch) -> bool:
        """Tell a workflow what PostgreSQL did not take; False when Temporal has not taken it in time either."""
        return not self._is_away() and await self._signalled(batch, CARRY_PATIENCE)

    async def close(self) -> None:
        """Wait for what is being told."""
        if self._telling:
            await asyncio.wait(self._telling, timeout=PATIENCE.total_seconds())

    async def _signalled(self, batch: Batch, patience: timedelta = PATIENCE) -> bool:
        """Whether Temporal took it; where it did not answer, it is away for a moment."""
        try:
            # The call's own timeout does not cover connecting, which a server that is cut off can hold up for long.
            async with asyncio.timeout(patience.total_seconds()):
                await self._signal(batch)
        except (RPCError, RuntimeError, OSError) as error:
            if not isinstance(error, RPCError) or error.status in _AWAY:
                self._away_until = time.monotonic() + AWAY_SECONDS
            get_logger(__name__).warning(
                "handover_postponed", conversation=str(batch.conversation_id), error=_kind(error)
            )
            return False
        self._away_until = 0.0
        return True

    async def _signal(self, batch: Batch) -> None:
        handover = Handover(items=batch.items, bursts=batch.bursts, correlation_id=batch.correlation_id)
        conversation = ConversationId(batch.conversation_id)
        if not batch.starts:
            await self._signal_if_running(workflow_id(conversation), handover)
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
            # Inherited by all that the conversation has done: where work piles up, each bot gets its share.
            priority=Priority(fairness_key=str(batch.bot_id)),
            rpc_timeout=PATIENCE,
        )

    async def _signal_if_running(self, workflow: str, handover: Handover) -> None:
        handle = self._client.get_workflow_handle(workflow)
        try:
            await handle.signal(names.RECEIVE_SIGNAL, handover, rpc_timeout=PATIENCE)
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
            return await self._tell(conversation)
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
