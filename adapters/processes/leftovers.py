"""Processes by what they are, not by a pid alone: finds and ends what a dead supervisor or server left behind."""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypedDict

import psutil  # type: ignore[import-untyped]  # the package ships no types

from adapters.faults import usable

_CLOCK_STEP_SECONDS = 5.0
_POLL_SECONDS = 0.02
# A process that waits for a broken disk cannot even be killed.
_KILL_GRACE = timedelta(seconds=10)


class _Record(TypedDict):
    pid: int
    started: float
    command: list[str]
    farewell: int


def remember(file: Path, pid: int, command: Sequence[str], farewell: signal.Signals) -> None:
    """Notes in `file` that `pid` runs `command`, and which signal ends it in order."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return
    record = _Record(pid=pid, started=started, command=list(command), farewell=farewell)
    draft = file.with_suffix(".new")
    with usable(file):
        draft.write_text(json.dumps(record))
        draft.replace(file)


async def end_remembered(folder: Path, grace: timedelta, report: Callable[[str], None]) -> None:
    """Ends what the notes of `folder` name and what still runs, and forgets the notes."""
    for file in _notes(folder):
        record = _read(file)
        process = _found(record) if record else None
        if record and process:
            report(f"ending {file.stem} (pid {process.pid}), left over from a run that was killed")
            await end([process], signal.Signals(record["farewell"]), grace)
        with usable(file):
            file.unlink(missing_ok=True)


def _notes(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _read(file: Path) -> _Record | None:
    with usable(file):
        text = file.read_text()
    try:
        record: _Record = json.loads(text)
    except ValueError:
        # A note that a power failure left half written: what it named ended there too.
        return None
    return record


def _found(record: _Record) -> "psutil.Process | None":
    """The process of the record, unless its pid went to another one in the meantime."""
    try:
        process = psutil.Process(record["pid"])
        # A clock that was set since moves every start time; without their first words, as Python may replace its own.
        same_time = abs(process.create_time() - record["started"]) < _CLOCK_STEP_SECONDS
        arguments = record["command"][1:]
        same_command = process.cmdline()[-len(arguments) :] == arguments or not arguments
    except psutil.Error:
        return None
    return process if same_time and same_command else None


def of_directory(program: str, directory: Path) -> list["psutil.Process"]:
    """Every process called `program` that works in `directory` or was started with its name as an argument."""
    return [process for process in psutil.process_iter() if _is_of(process, program, str(directory))]


def _is_of(process: "psutil.Process", program: str, directory: str) -> bool:
    try:
        if process.name() != program:
            return False
        return directory in process.cmdline() or process.cwd() == directory
    except psutil.Error:
        # Gone, or somebody else's whom we could not end anyway.
        return False


def family(pid: int) -> list["psutil.Process"]:
    """The process and everything that it started, directly or not."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


async def end(processes: Iterable["psutil.Process"], farewell: signal.Signals, grace: timedelta) -> None:
    """Sends `farewell` to each, waits up to `grace`, then kills them and what they started."""
    heads = list(processes)
    members = [member for head in heads for member in family(head.pid)]
    for head in heads:
        _send(head, farewell)
    await _gone(heads, grace)
    await kill(members)


async def kill(processes: Iterable["psutil.Process"]) -> None:
    """Kills what still lives of `processes`, and waits until it is gone."""
    members = [process for process in processes if _lives(process)]
    for member in members:
        _send(member, signal.SIGKILL)
    await _gone(members, _KILL_GRACE)


async def _gone(processes: Sequence["psutil.Process"], grace: timedelta) -> None:
    """Waits until none lives, at most for `grace`; who is not our child can only be looked at again and again."""
    deadline = asyncio.get_running_loop().time() + grace.total_seconds()
    while any(map(_lives, processes)):
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(_POLL_SECONDS)


def kill_group(leader: int) -> None:
    """Kills what is left of the process group that `leader` led."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nothing is left; macOS says the latter for a group of zombies.
        return


def _send(process: "psutil.Process", number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _lives(process: "psutil.Process") -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
