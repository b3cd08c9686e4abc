"""The supervisor: starts children in order, starts them again when they die, and leaves none behind."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from adapters.faults import ChildFailed, CommandFailed, usable
from adapters.processes import children, leftovers
from adapters.processes.children import Child
from adapters.processes.data_directory import DataDirectory

_FIRST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 30.0
_STABLE_SECONDS = 60.0
_POLL_SECONDS = 0.05
# One question that hangs must not use up the whole time a child has to become ready.
_READY_QUESTION_SECONDS = 5.0
_LEFTOVER_GRACE = timedelta(seconds=15)


@dataclass
class _Running:
    child: Child
    process: Process
    keeper: asyncio.Task[None] | None = None


class BackOff:
    """How long to wait before a child is started again: not at all at first, then 1 s doubling to 30 s."""

    def __init__(self) -> None:
        self._next = 0.0

    def after(self, ran_seconds: float) -> float:
        """The seconds to wait now that the child has ended; a stable minute makes the next start a first one."""
        delay = 0.0 if ran_seconds >= _STABLE_SECONDS else self._next
        self._next = min(max(_FIRST_DELAY_SECONDS, delay * 2), _LONGEST_DELAY_SECONDS)
        return delay


class Supervisor:
    """Keeps children running inside one data directory, which it claims for itself.

    `report` gets a line for the user's eyes now and then; `hurry`, once set, cuts every grace at the end short; `grace`
    is what a process gets that a killed supervisor left behind.
    """

    def __init__(
        self,
        directory: DataDirectory,
        report: Callable[[str], None],
        hurry: asyncio.Event | None = None,
        grace: timedelta = _LEFTOVER_GRACE,
    ) -> None:
        self.directory = directory
        self._report = report
        self._hurry = hurry or asyncio.Event()
        self._grace = grace
        self._running: list[_Running] = []

    async def __aenter__(self) -> Self:
        """Claims the directory, and ends what a killed supervisor left running there."""
        self.directory.claim()
        try:
            await leftovers.end_remembered(self.directory.folder("run"), self._grace, self._report)
        except BaseException:
            self.directory.release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._stop()
        finally:
            self.directory.release()

    async def start(self, child: Child) -> None:
        """Starts the child and waits until it is ready; raises `ChildFailed`, or what its `explain` says instead."""
        self.directory.turn_log(child.name, above_bytes=0)
        running = _Running(child, await self._spawn(child))
        self._running.append(running)
        self._note(running)
        await self._until_ready(running)
        running.keeper = asyncio.create_task(self._keep(running), name=f"keep {child.name}")

    async def watch(self) -> None:
        """Waits until cancelled, or until keeping a child running fails in a way that nobody foresaw."""
        keepers = [running.keeper for running in self._running if running.keeper]
        if not keepers:
            await asyncio.Event().wait()
        ended, _ = await asyncio.wait(keepers, return_when=asyncio.FIRST_COMPLETED)
        for keeper in ended:
            keeper.result()

    def process_id(self, name: str) -> int:
        """The pid of the child `name`, as of its last start."""
        return next(running.process.pid for running in self._running if running.child.name == name)

    async def _spawn(self, child: Child) -> Process:
        if child.prepare:
            await child.prepare()
        return await children.start(child, self.directory.log(child.name))

    def _note(self, running: _Running) -> None:
        child = running.child
        leftovers.remember(self._note_of(child), running.process.pid, child.command, child.farewell)

    def _note_of(self, child: Child) -> Path:
        return self.directory.folder("run") / f"{child.name}.json"

    async def _until_ready(self, running: _Running) -> None:
        child = running.child
        questions = asyncio.ensure_future(_ask(child))
        death = asyncio.ensure_future(running.process.wait())
        try:
            await asyncio.wait(
                {questions, death}, timeout=child.ready_within.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
            if not questions.done():
                if death.done():
                    leftovers.kill_group(running.process.pid)
                raise self._failure(running)
            await questions
        finally:
            questions.cancel()
            death.cancel()
            await asyncio.wait({questions, death})

    def _failure(self, running: _Running) -> Exception:
        child, code = running.child, running.process.returncode
        log = self.directory.log(child.name)
        said = children.tail(log)
        explained = child.explain(said) if child.explain else None
        if explained:
            return explained
        for line in said.splitlines():
            self._report(f"  {child.name} | {line}")
        seconds = round(child.ready_within.total_seconds())
        what = f"was not ready within {seconds} s" if code is None else f"ended with {_end(code)} before it was ready"
        return ChildFailed(f"{child.name} {what}.", f"Read {log}.")

    async def _keep(self, running: _Running) -> None:
        back_off = BackOff()
        since = asyncio.get_running_loop().time()
        while True:
            code = await running.process.wait()
            leftovers.kill_group(running.process.pid)
            delay = back_off.after(asyncio.get_running_loop().time() - since)
            when = f"in {delay:.0f} s" if delay else "now"
            log = self.directory.log(running.child.name)
            self._report(f"{running.child.name} ended with {_end(code)}; starting it again {when} (see {log})")
            while not await self._start_again(running, delay):
                delay = back_off.after(0)
            since = asyncio.get_running_loop().time()

    async def _start_again(self, running: _Running, delay: float) -> bool:
        await asyncio.sleep(delay)
        try:
            self.directory.turn_log(running.child.name)
            running.process = await self._spawn(running.child)
            self._note(running)
        except CommandFailed as fault:
            self._report(f"{running.child.name} cannot be started again: {fault}")
            return False
        return True

    async def _stop(self) -> None:
        """Ends the children, the last started first."""
        while self._running:
            running = self._running.pop()
            if running.keeper:
                running.keeper.cancel()
                await asyncio.wait({running.keeper})
            await children.end(running.process, running.child.farewell, running.child.grace, self._hurry)
            with usable(self._note_of(running.child)):
                self._note_of(running.child).unlink(missing_ok=True)


async def _ask(child: Child) -> None:
    while child.ready:
        try:
            async with asyncio.timeout(_READY_QUESTION_SECONDS):
                if await child.ready():
                    return
        except TimeoutError:
            continue
        await asyncio.sleep(_POLL_SECONDS)


def leave(code: int) -> NoReturn:
    """Ends this process with `code` at once.

    The Temporal SDK's native threads may abort an interpreter that is being taken down, and so turn a good end into
    a bad exit code. Whoever calls this has closed what it opened.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            # The reader has gone; what it no longer wants to read is no failure of ours.
            continue
    os._exit(code)


def _end(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
