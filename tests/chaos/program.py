"""One of the product's commands as a process that is killed and started again under the same name and port."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.processes import ChildProcess

_READY_LINES_SECONDS = 300.0


class Program:
    """`chat-orchestrator …`, started as often as it takes; what it says goes to a log that survives it.

    `source` is where the code of another version is.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        source: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._source = source
        self._arguments = arguments
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Of the process as of its last start."""
        return self._running().pid

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self, *names: str) -> dict[str, str]:
        """Start it; what it prints as `NAME=value`, once it has printed these names."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "cli",
                *self._arguments,
                env=self._environment,
                cwd=self._source,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if names else log,
                stderr=log,
                start_new_session=True,
            )
        return await self._said(names) if names else {}

    async def finished(self) -> tuple[int, str]:
        """Run it to its end: exit code and stdout."""
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "cli", *self._arguments,
                env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()

    def strike_down(self) -> None:
        """SIGKILL, without waiting: nothing is finished."""
        if self.runs:
            self._running().send_signal(signal.SIGKILL)

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self.runs:
            await ChildProcess(self._running()).kill()

    async def stop(self) -> None:
        """SIGTERM; SIGKILL for what does not end within its grace."""
        if self._process is None:
            return
        try:
            await ChildProcess(self._process).stop()
        except TimeoutError:
            await self.kill()

    def freeze(self) -> None:
        """SIGSTOP."""
        ChildProcess(self._running()).freeze()

    def wake(self) -> None:
        """SIGCONT."""
        ChildProcess(self._running()).wake()

    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None, f"{self.name} was never started"
        return self._process

    async def _said(self, names: Sequence[str]) -> dict[str, str]:
        stdout = self._running().stdout
        assert stdout is not None
        found: dict[str, str] = {}
        async with asyncio.timeout(_READY_LINES_SECONDS):
            while not found.keys() >= set(names):
                line = (await stdout.readline()).decode().strip()
                if not line:
                    raise RuntimeError(f"{self.name} ended before it was ready; read {self.log}")
                name, _, value = line.partition("=")
                found[name] = value
        return found
