"""Two ways to a Temporal binary that is not there yet: the SDK's download, and a build of the pinned Go module."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from temporalio.testing import WorkflowEnvironment

from adapters.faults import DirectoryUnusable, ProgramMissing, usable
from adapters.processes import children

Report = Callable[[str], None]

PACKAGE = "github.com/temporalio/cli/cmd/temporal"
REMEDY = "Set TEMPORAL_CLI to the path of a temporal binary, or put one on PATH (https://docs.temporal.io/cli)"
_DOWNLOADS = "https://temporal.download/"
# Long enough for a slow line, short enough for a network that swallows what it does not let through.
_PROBE_SECONDS = 4.0
_DOWNLOAD_SECONDS = 600.0
_PROGRESS_SECONDS = 15.0


async def download(module: Path, folder: Path, report: Report) -> Path | None:
    """Lets the SDK fetch the release that `module` pins into `folder`; None when there is no way to it."""
    pinned = re.search(r"github\.com/temporalio/cli (v\S+)", (module / "go.mod").read_text())
    if pinned is None or not await _is_reachable(_DOWNLOADS):
        return None
    place = folder / "download"
    place.mkdir()
    try:
        async with (
            _progress(f"downloading the Temporal server {pinned[1]}", report),
            asyncio.timeout(_DOWNLOAD_SECONDS),
        ):
            # The SDK offers no download alone: it starts what it has fetched.
            server = await WorkflowEnvironment.start_local(
                ui=False, download_dest_dir=str(place), dev_server_download_version=pinned[1]
            )
            await server.shutdown()
    except (RuntimeError, TimeoutError) as error:
        report(f"the Temporal server could not be downloaded: {error}")
    files = [path for path in place.iterdir() if path.is_file()]
    return max(files, key=lambda path: path.stat().st_size, default=None)


async def build(module: Path, folder: Path, report: Report) -> Path:
    """Builds the binary that `module` pins inside `folder`; raises `ProgramMissing` or `DirectoryUnusable`."""
    go = shutil.which("go")
    wanted = _go_version(module)
    if go is None:
        sentence = (
            "No Temporal server was found or could be downloaded, and Go, which would build one, is not installed."
        )
        raise ProgramMissing(sentence, f"{REMEDY}, or install Go {wanted} or newer.")
    draft = folder / "temporal"
    with usable(folder):
        for name in ("go.mod", "go.sum"):
            shutil.copyfile(module / name, folder / name)
    report("building the Temporal server with Go: about 5 minutes, once; takes about 2 GB of disk for Go's cache")
    async with _progress("building the Temporal server", report):
        command = [go, "build", "-o", str(draft), PACKAGE]
        finished = await children.run(command, directory=folder, environment={"GOWORK": "off"})
    if finished.code != 0:
        raise _build_failure(finished.output, wanted)
    return draft


def _build_failure(output: str, wanted: str) -> ProgramMissing | DirectoryUnusable:
    if "no space left on device" in output:
        sentence = "The disk became full while the Temporal server was built."
        return DirectoryUnusable(sentence, f"Free 3 GB and try again. {REMEDY}.")
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith("go: downloading")]
    said = lines[-1].strip() if lines else "nothing"
    sentence = f"The Temporal server could not be built; go said: {said}."
    return ProgramMissing(sentence, f"{REMEDY}, or install Go {wanted} or newer and let it reach its module proxy.")


def _go_version(module: Path) -> str:
    found = re.search(r"^go (\S+)", (module / "go.mod").read_text(), re.MULTILINE)
    return found[1] if found else "1.24"


async def _is_reachable(address: str) -> bool:
    try:
        async with asyncio.timeout(_PROBE_SECONDS), httpx.AsyncClient() as client:
            await client.get(address)
    except (httpx.HTTPError, TimeoutError, ImportError):
        # ImportError: the environment names a kind of proxy that needs a package which is not installed.
        return False
    return True


@asynccontextmanager
async def _progress(what: str, report: Report) -> AsyncIterator[None]:
    """Reports every now and then that `what` still goes on."""

    async def tell() -> None:
        began = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(_PROGRESS_SECONDS)
            report(f"{what}: {asyncio.get_running_loop().time() - began:.0f} s so far")

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
