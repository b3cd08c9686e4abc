"""Retention: what nobody needs any more is removed, batch by batch, each in a transaction of its own."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.stdlib import get_logger
from temporalio import activity

from activities.failures import as_failures
from activities.heartbeats import beating
from adapters.database import cached_answers, idempotency, retention, visitor_files
from adapters.database.engine import Database
from adapters.media.base import Store
from domain.budgets import day_of
from domain.models import Frozen


class Pruned(Frozen):
    """How many rows were removed."""

    events: int = 0
    completions: int = 0
    calls: int = 0
    sessions: int = 0
    paces: int = 0
    budgets: int = 0
    cached_answers: int = 0
    notices: int = 0
    idempotency_keys: int = 0
    visitor_files: int = 0


class Retention:
    """One round over what is old."""

    def __init__(
        self, database: Database, media: Store, kept: timedelta, notices_kept: timedelta, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._media = media
        self._kept = max(kept, retention.SHORTEST)
        self._notices_kept = notices_kept
        self._now = now

    @activity.defn(name="prune")
    async def prune(self) -> Pruned:
        """Remove what is older than it is kept."""
        now = self._now()
        before, raised_before = now - self._kept, now - self._notices_kept
        with as_failures():
            async with beating():
                async with self._database.begin() as connection:
                    workspaces = await retention.workspaces(connection)
                pruned = Pruned(
                    events=sum([await self._events(workspace, before) for workspace in workspaces]),
                    completions=await self._all(lambda c: retention.prune_completions(c, before)),
                    calls=await self._all(lambda c: retention.prune_calls(c, before)),
                    sessions=await self._all(lambda c: retention.prune_sessions(c, before)),
                    paces=await self._all(lambda c: retention.prune_paces(c, now)),
                    budgets=await self._all(lambda c: retention.prune_budgets(c, day_of(now))),
                    cached_answers=await self._all(lambda c: cached_answers.remove_expired(c, now, retention.MOST)),
                    notices=sum([await self._notices(workspace, raised_before) for workspace in workspaces]),
                    idempotency_keys=await self._all(lambda c: idempotency.remove_expired(c, now, retention.MOST)),
                    visitor_files=await self._all(lambda c: self._visitor_files(c, before), visitor_files.MOST),
                )
        get_logger(__name__).info("pruned", **pruned.model_dump())
        return pruned

    async def _events(self, workspace: UUID, before: datetime) -> int:
        removed, after = 0, None
        while True:
            async with self._database.begin() as connection:
                window = await retention.prune_events(connection, workspace, before, after)
            removed, after = removed + window.removed, window.after
            if after is None:
                return removed

    async def _notices(self, workspace: UUID, before: datetime) -> int:
        return await self._all(lambda connection: retention.prune_notices(connection, workspace, before))

    async def _visitor_files(self, connection: AsyncConnection, before: datetime) -> int:
        """The bytes go first: a file that nobody knows of any longer would stay for ever."""
        rows = await visitor_files.abandoned(connection, before)
        for row in rows:
            await self._media.remove(row["workspace_id"], row["id"])
        await visitor_files.remove(connection, [row["id"] for row in rows])
        return len(rows)

    async def _all(self, prune: Callable[[AsyncConnection], Awaitable[int]], most: int = retention.MOST) -> int:
        removed = 0
        while True:
            async with self._database.begin() as connection:
                batch = await prune(connection)
            removed += batch
            if batch < most:
                return removed
