"""Finds the Temporal command line tool, whose development server `dev`, `services` and the tests run."""

import asyncio
import hashlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import platformdirs

from adapters.faults import ProgramMissing, usable
from adapters.processes import children
from adapters.processes.locks import FileLock
from adapters.temporal.acquisition import REMEDY, build, download

Report = Callable[[str], None]
Version = tuple[int, int]

MODULE = Path(__file__).parents[2] / "tools" / "temporal"
# The first server with everything the product leans on.
OLDEST_SERVER: Version = (1, 30)
_VERSION_SECONDS = 30.0
_ELSEWHERE = "set TEMPORAL_CLI to the path of a temporal binary"


async def find(given: Path | None, report: Report, *, cache: Path | None = None, module: Path = MODULE) -> Path:
    """The path of a `temporal` that runs: `given` (TEMPORAL_CLI), else PATH, the user's cache, a download, a build.

    What is downloaded or built stays in `cache`. Raises `ProgramMissing` or `DirectoryUnusable`.
    """
    if given is not None:
        return await _required(given)
    on_path = await _on_path(report)
    if on_path:
        return on_path
    target = cached(cache or platformdirs.user_cache_path("chat-orchestrator"), module)
    return target if await _is_good(target) else await _acquired(target, module, report)


def cached(cache: Path, module: Path = MODULE) -> Path:
    """Where the binary of the pinned `module` is kept: another pin is another place."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        with usable(module, _ELSEWHERE):
            digest.update((module / name).read_bytes())
    return cache / "temporal" / digest.hexdigest()[:16] / "temporal"


async def server_version(binary: Path) -> Version | None:
    """The version of the server inside `binary`; None when it does not run or does not say."""
    try:
        async with asyncio.timeout(_VERSION_SECONDS):
            finished = await children.run([str(binary), "--version"])
    except TimeoutError:
        return None
    found = re.search(r"\(Server (\d+)\.(\d+)", finished.output)
    return (int(found[1]), int(found[2])) if found and finished.code == 0 else None


async def _is_good(binary: Path) -> bool:
    version = await server_version(binary)
    return version is not None and version >= OLDEST_SERVER


async def _required(given: Path) -> Path:
    """What the user named is used or refused, never passed over."""
    path = _absolute(given)
    version = await server_version(path)
    if version is None:
        sentence = f"TEMPORAL_CLI is {str(given)!r}, which does not exist or does not run as a temporal binary."
        raise ProgramMissing(sentence, "Correct it, or unset it.")
    if version < OLDEST_SERVER:
        raise ProgramMissing(f"TEMPORAL_CLI is {str(given)!r}, which is too old: {_too_old(version)}.", f"{REMEDY}.")
    return path


def _absolute(path: Path) -> Path:
    return Path.cwd() / path.expanduser()


async def _on_path(report: Report) -> Path | None:
    found = shutil.which("temporal")
    if found is None:
        return None
    version = await server_version(Path(found))
    if version is None:
        report(f"passing over {found}: it does not say which Temporal server it holds")
    elif version < OLDEST_SERVER:
        report(f"passing over {found}: {_too_old(version)}")
    else:
        return Path(found)
    return None


async def _acquired(target: Path, module: Path, report: Report) -> Path:
    """Downloads or builds beside `target`, tries the result, and renames it: a half-made binary never counts."""
    folder = target.parent
    with usable(folder, _ELSEWHERE):
        folder.mkdir(parents=True, exist_ok=True)
    async with _alone(folder, report):
        if await _is_good(target):
            return target
        with usable(folder, _ELSEWHERE):
            _clear(folder)
            workshop = Path(tempfile.mkdtemp(prefix="making-", dir=folder))
        try:
            draft = await download(module, workshop, report)
            if draft is None or not await _is_good(draft):
                draft = await build(module, workshop, report)
            if not await _is_good(draft):
                raise ProgramMissing("The Temporal server was built, but does not run.", f"{REMEDY}.")
            with usable(folder, _ELSEWHERE):
                draft.replace(target)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    return target


@asynccontextmanager
async def _alone(folder: Path, report: Report) -> AsyncIterator[None]:
    """Waits until no other process works in `folder`."""
    with usable(folder, _ELSEWHERE):
        lock = FileLock(folder / "lock")
        taken = lock.acquire()
        if not taken:
            report(f"another process (pid {lock.holder()}) is fetching or building the Temporal server; waiting for it")
    while not taken:
        await asyncio.sleep(0.2)
        taken = lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _clear(folder: Path) -> None:
    """Removes what builds left that were killed; whoever holds the lock knows that they are."""
    for leftover in folder.glob("making-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _too_old(version: Version) -> str:
    return f"its server is {version[0]}.{version[1]}, needed is {OLDEST_SERVER[0]}.{OLDEST_SERVER[1]} or newer"
