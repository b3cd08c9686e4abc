"""`dev`: all by one command; what dies is started again, what was said is remembered, and nothing stays behind."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from adapters.processes.ports import free_port
from tests.machine import family, living, open_directory, until
from tests.product import Visitor

_STARTS_SECONDS = 240.0


@dataclass(frozen=True)
class Dev:
    """A running `dev`."""

    process: asyncio.subprocess.Process
    client: httpx.AsyncClient
    channel_id: str

    def child(self, *words: str) -> psutil.Process:
        """The child whose command line ends with these words."""
        return next(
            process
            for process in family(self.process.pid)
            if any(word in process.cmdline() for word in words) and "cli" in process.cmdline()
        )


@asynccontextmanager
async def running_dev(directory: Path, ports: tuple[int, int, int]) -> AsyncIterator[Dev]:
    """`chat-orchestrator dev`, ended by SIGTERM with the block; nothing that it started is left."""
    port, temporal, ui = (str(number) for number in ports)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "dev", "--port", port, "--data-dir", str(directory), "--temporal-port", temporal,
        "--temporal-ui-port", ui, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_STARTS_SECONDS):
            while b"Ctrl-C" not in await process.stdout.readline():
                assert process.returncode is None
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            location = (await client.get("/")).headers["location"]
            yield Dev(process, client, location.removeprefix("/chat/"))
    finally:
        started = family(process.pid)
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 60)
        await until(lambda: not living(started))
        assert code == 0


@pytest.mark.slow
async def test_dev_answers_restarts_what_dies_and_remembers() -> None:
    ports = (free_port(), free_port(), free_port())
    with open_directory() as directory:
        async with running_dev(directory, ports) as dev:
            visitor = Visitor(dev.client, dev.channel_id)
            secret = (await visitor.enter())["secret"]
            await visitor.say("hello")
            await visitor.heard(1)
            dev.child("worker").kill()
            dev.child("api").kill()
            await until(lambda: serves(dev))
            await visitor.say("still there?")
            await visitor.heard(2)
            said = await visitor.messages()
        async with running_dev(directory, ports) as dev:
            visitor = Visitor(dev.client, dev.channel_id)
            await visitor.enter(secret=secret)
            assert await visitor.messages() == said
            await visitor.say("and now?")
            answers = await visitor.heard(3)
    assert str(answers[-1]["text"]).startswith("You said: and now?")


async def serves(dev: Dev) -> bool:
    """Whether the API answers."""
    try:
        return (await dev.client.get("/health/live")).is_success
    except httpx.TransportError:
        return False
