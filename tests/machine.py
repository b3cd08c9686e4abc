"""What tests of real processes share: waiting for a condition, a directory for servers, and who is still there."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # the package ships no types

from adapters.http import trusted

_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 90.0
"""How long a test waits for what has to come: on a busy machine a process needs many seconds to start."""


async def until(condition: Callable[[], bool | Awaitable[bool]], within_seconds: float = PATIENCE_SECONDS) -> None:
    """Returns as soon as `condition` holds; fails with `TimeoutError` when it does not in time."""
    pause = _PAUSE_SECONDS
    async with asyncio.timeout(within_seconds):
        while True:
            held = condition()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(pause)
            # What is waited for long should not have to share the machine with the waiting.
            pause = min(pause * 1.2, _LONGEST_PAUSE_SECONDS)


async def taken(call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """What is answered to a call once there is room for it: a busy machine says when to come again, and clients do."""
    answers: list[httpx.Response] = []

    async def has_room() -> bool:
        answers.append(await call())
        is_busy = answers[-1].status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert not is_busy or answers[-1].headers["Retry-After"]
        return not is_busy

    await until(has_room)
    return answers[-1]


def caller(url: str, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """Calls what a test runs."""
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=30, verify=trusted())


@contextmanager
def open_directory() -> Iterator[Path]:
    """A directory that other users can pass through, as an embedded PostgreSQL needs when root starts it."""
    path = Path(tempfile.mkdtemp(prefix="orchestrator-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def family(pid: int) -> list["psutil.Process"]:
    """The processes that `pid` started, directly or not."""
    return list(psutil.Process(pid).children(recursive=True))


def living(processes: Iterable["psutil.Process"]) -> list["psutil.Process"]:
    """Those of `processes` that still run."""
    return [process for process in processes if is_alive(process.pid) and process.is_running()]


def is_alive(pid: int) -> bool:
    """Whether `pid` runs, and is not only waiting to be counted by its parent."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
