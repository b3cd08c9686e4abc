"""`chat-orchestrator rollout`: new work goes to a version of the workers, and running conversations follow."""

import asyncio
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from adapters.faults import CommandFailed
from adapters.temporal.client import connect
from adapters.temporal.deployments import Deployments, Elsewhere, Version
from commands.tables import plain, print_table
from settings import Settings

WAKE_AGAIN_AFTER = timedelta(seconds=10)
"""A turn may have been at work, or the server may not have told all of its parts of the new version yet."""
_PAUSE_SECONDS = 1.0
_AT_ONCE = 20
_MOST_NAMED = 20
_UNVERSIONED = "workers without a version"


class VersionNotServed(CommandFailed):
    """No worker of the new version is there for one of the task queues."""


class ConversationsLeft(CommandFailed):
    """Conversations did not move in time."""


async def rollout(
    settings: Settings, deployment: str, build_id: str, timeout_seconds: float | None, *, wait: bool
) -> int:
    """Makes the version current and moves the conversations; with `wait`, ends when all have moved."""
    timeout = timedelta(seconds=timeout_seconds) if timeout_seconds else None
    deployments = Deployments(await connect(settings), settings.task_queue)
    moving = Rollout(deployments, Version(deployment, build_id), timeout)
    await moving.until_served()
    await moving.make_current()
    left = await moving.move(wait=wait)
    print(f"{left} conversations are yet to move" if left else f"all conversations are on {moving.name}")
    return 0


async def status(settings: Settings, deployment: str) -> int:
    """Shows who serves what; the answer is 1 when a conversation is on a version that nobody serves."""
    deployments = Deployments(await connect(settings), settings.task_queue)
    routing = await deployments.routing(deployment)
    if routing is None:
        raise _never_there(deployment)
    served, counted = await deployments.served(), await deployments.counted()
    table = plain("Version", "", "Conversations", "Task queues served")
    for name in sorted({*served, *filter(None, counted), *filter(None, [routing.current])}):
        mark = "current" if name == routing.current else "in use" if counted.get(name) else "unused"
        table.add_row(name, mark, f"{counted.get(name, 0):,}", ", ".join(sorted(served.get(name, ()))) or "none")
    if counted.get(None):
        table.add_row(_UNVERSIONED, "", f"{counted[None]:,}", "")
    print_table(table)
    return 1 if any(name and name not in served for name in counted) else 0


class Rollout:
    """One version on its way to all conversations."""

    def __init__(self, deployments: Deployments, version: Version, timeout: timedelta | None) -> None:
        self._deployments = deployments
        self._version = version
        self._ends_at = time.monotonic() + timeout.total_seconds() if timeout else float("inf")
        self._said: set[str] = set()
        self.name = str(version)

    async def until_served(self) -> None:
        """Wait until workers of the version serve all task queues: work that goes there before would stand still."""
        queues = {queue for queue, _ in self._deployments.queues()}
        while lacking := queues - (await self._deployments.served()).get(self.name, set()):
            if self._is_over():
                raise VersionNotServed(
                    f"No worker of {self.name} serves {', '.join(sorted(lacking))}; nothing was changed.",
                    f"Start one: {self._worker(self.name)}.",
                )
            self._say(f"waiting for a worker of {self.name} on {', '.join(sorted(lacking))}")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def make_current(self) -> None:
        """Have new work go to the version, and wait until all of the server knows."""
        await self._deployments.make_current(self._version)
        while True:
            routing = await self._deployments.routing(self._version.deployment)
            if routing is None:
                raise _never_there(self._version.deployment)
            if routing.settled:
                break
            self._say("waiting until all of Temporal's parts know of it")
            if self._is_over():
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        self._say(f"{self.name} is current")

    async def move(self, *, wait: bool) -> int:
        """Wake the conversations that are elsewhere until none is left; how many are."""
        looks_without = 0
        woken_at: dict[str, float] = {}
        while True:
            left = [one async for one in self._deployments.elsewhere(self._version)]
            # What Temporal lists follows what is by a moment: one empty look proves nothing.
            looks_without = 0 if left else looks_without + 1
            if looks_without == 2:
                return 0
            await self._wake(left, woken_at)
            if left and not wait:
                return len(left)
            stranded = await self._stranded(left)
            if self._is_over() and left:
                raise self._left(left, stranded)
            self._tell(left, stranded)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _wake(self, left: Sequence[Elsewhere], woken_at: dict[str, float]) -> None:
        now = time.monotonic()
        asleep = [one for one in left if now >= woken_at.get(one.run, 0) + WAKE_AGAIN_AFTER.total_seconds()]
        for batch in _batches(asleep):
            await asyncio.gather(*map(self._deployments.wake, batch))
            woken_at.update({one.run: time.monotonic() for one in batch})

    async def _stranded(self, left: Sequence[Elsewhere]) -> list[Elsewhere]:
        """Those on a version that nobody serves: they stand still, and no error says so."""
        if not left:
            return []
        served = await self._deployments.served()
        unserved = [one for one in left if one.version and one.version not in served]
        # Temporal goes on listing a worker for a while that has gone: what nobody takes up tells sooner.
        first = left[:_MOST_NAMED]
        alone = await asyncio.gather(*map(self._deployments.is_left_alone, first))
        return list(dict.fromkeys([*unserved, *(one for one, is_alone in zip(first, alone, strict=True) if is_alone)]))

    def _tell(self, left: Sequence[Elsewhere], stranded: Sequence[Elsewhere]) -> None:
        if left:
            self._say(f"{len(left)} conversations are yet to move")
        for one in stranded[:_MOST_NAMED]:
            self._say(f"{one.workflow} is on {one.version}, which no worker serves now. {self._remedy([one])}")

    def _say(self, what: str) -> None:
        """Progress, each word of it once: who waits does not want to read the same every second."""
        if what not in self._said:
            self._said.add(what)
            print(what, file=sys.stderr, flush=True)

    def _left(self, left: Sequence[Elsewhere], stranded: Sequence[Elsewhere]) -> ConversationsLeft:
        named = stranded or left
        listed = ", ".join(f"{one.workflow} ({one.version or _UNVERSIONED})" for one in named[:_MOST_NAMED])
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        why = "on a version that no worker serves now" if stranded else "still at work, or their worker does not answer"
        return ConversationsLeft(
            f"{len(left)} conversations did not move to {self.name}, of them {why}: {listed}{more}.",
            f"{self._remedy(named)} Then repeat.",
        )

    def _remedy(self, named: Sequence[Elsewhere]) -> str:
        workers = " and ".join(sorted({self._worker(one.version) for one in named if one.version}))
        return f"Keep this running until they have moved: {workers}." if workers else "Keep the workers running."

    def _worker(self, version: str) -> str:
        parsed = Version.parsed(version)
        return f"chat-orchestrator worker --deployment {parsed.deployment} --build-id {parsed.build_id}"

    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends_at


def _never_there(deployment: str) -> CommandFailed:
    return VersionNotServed(
        f"Temporal knows no deployment {deployment!r}.",
        f"Start a worker of it: chat-orchestrator worker --deployment {deployment} --build-id ID.",
    )


def _batches(items: Sequence[Elsewhere]) -> Iterator[Collection[Elsewhere]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
