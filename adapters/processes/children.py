"""One child process: how it is described, started, asked whether it is ready, and ended."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO

from adapters.faults import CommandFailed, usable
from adapters.processes import launcher, leftovers

_RUN_GRACE = timedelta(seconds=5)
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class User:
    """Whom a child runs as; `passes` lets it through directories that are closed to that user (Linux, from root)."""

    uid: int
    gid: int
    passes: bool = False


@dataclass(frozen=True)
class Child:
    """A program that a supervisor keeps running.

    `environment` is added to our own. `prepare` runs before every start. `ready` is asked again and again after the
    first start, up to `ready_within`; without it the child counts as ready at once. `explain` may turn the last lines
    of a log into a better error. `farewell` asks the child to end; after `grace` it is killed.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], Awaitable[None]] | None = None
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_within: timedelta = timedelta(seconds=60)
    explain: Callable[[str], CommandFailed | None] | None = None
    farewell: signal.Signals = signal.SIGTERM
    grace: timedelta = timedelta(seconds=15)
    user: User | None = None


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit code (negative: the signal) and what it wrote."""

    code: int
    output: str


async def start(child: Child, log: Path) -> Process:
    """Starts the child in a session of its own, so that Ctrl-C reaches the supervisor alone; it writes to `log`."""
    with _opened(log) as output:
        return await asyncio.create_subprocess_exec(
            *launched(child.command, child.farewell, child.user),
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            env=_environment(child.environment),
            start_new_session=True,
        )


async def end(process: Process, farewell: signal.Signals, grace: timedelta, hurry: asyncio.Event | None = None) -> None:
    """Ends the process, unless it has ended, and everything that it started; `hurry` cuts the grace short."""
    if process.returncode is not None:
        return
    members = leftovers.family(process.pid)
    process.send_signal(farewell)
    await _ended(process, grace, hurry)
    if process.returncode is None:
        process.kill()
        await process.wait()
    leftovers.kill_group(process.pid)
    await leftovers.kill(members)


async def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    user: User | None = None,
    errors: Path | None = None,
) -> Finished:
    """Runs a program to its end and returns what it wrote, with its stderr unless the file `errors` collects that.

    Cancelled, it ends the program and everything that it started.
    """
    with _opened(errors or Path(os.devnull)) as collected:
        process = await asyncio.create_subprocess_exec(
            *launched(command, signal.SIGTERM, user),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=collected if errors else STDOUT,
            env=_environment(environment or {}),
            cwd=directory,
            start_new_session=True,
        )
    try:
        output, _ = await process.communicate()
        leftovers.kill_group(process.pid)
    finally:
        await end(process, signal.SIGTERM, _RUN_GRACE)
    return Finished(await process.wait(), output.decode(errors="replace"))


def launched(command: Sequence[str], farewell: signal.Signals, user: User | None) -> list[str]:
    """The command line that starts `command` through the launcher."""
    identity = f"{user.uid}:{user.gid}:{int(user.passes)}" if user else "-"
    return [sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), str(int(farewell)), identity, *command]


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log."""
    with usable(log):
        text = log.read_bytes()[-16_384:].decode(errors="replace")
    return "\n".join(text.rstrip().splitlines()[-lines:])


def _opened(log: Path) -> IO[bytes]:
    with usable(log):
        return log.open("ab")


def _environment(additions: Mapping[str, str]) -> dict[str, str]:
    """Ours, handed on unread, with the additions."""
    return {**os.environ, **additions}


async def _ended(process: Process, grace: timedelta, hurry: asyncio.Event | None) -> None:
    """Waits for the end, at most for `grace`.

    Looks again and again, because `wait` also waits for whoever else holds the other end of a pipe.
    """
    deadline = asyncio.get_running_loop().time() + grace.total_seconds()
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        if hurry is not None and hurry.is_set():
            return
        await asyncio.sleep(_POLL_SECONDS)
