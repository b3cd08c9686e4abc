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
from tests.machine import caller, family, living, open_directory, until
from tests.product import Visitor

_STARTS_SECONDS = 120.0
WHO: dict[str, dict[str, object]] = {
    "telegram": {"chat_id": 7},
    "slack": {"user": "U7"},
    "whatsapp": {"from": "15550007"},
    "messenger": {"from": "7"},
    "discord": {"user": "7"},
}
"""Somebody on each simulated platform."""


@dataclass(frozen=True)
class Dev:
    """A running `dev`."""

    process: asyncio.subprocess.Process
    client: httpx.AsyncClient
    channel_id: str
    simulator_url: str

    def child(self, *words: str) -> psutil.Process:
        """The child whose command line ends with these words."""
        return next(
            process
            for process in family(self.process.pid)
            if any(word in process.cmdline() for word in words) and {"cli", "simulator"} & {*process.cmdline()}
        )


@asynccontextmanager
async def running_dev(directory: Path, ports: tuple[int, int, int, int]) -> AsyncIterator[Dev]:
    """`chat-orchestrator dev`, ended by SIGTERM with the block; nothing that it started is left."""
    port, temporal, ui, simulator = (str(number) for number in ports)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "dev", "--port", port, "--data-dir", str(directory), "--temporal-port", temporal,
        "--temporal-ui-port", ui, "--simulator-port", simulator, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_STARTS_SECONDS):
            while b"Ctrl-C" not in await process.stdout.readline():
                assert process.returncode is None
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            location = (await client.get("/")).headers["location"]
            yield Dev(process, client, location.removeprefix("/chat/"), f"http://127.0.0.1:{simulator}")
    finally:
        started = family(process.pid)
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 60)
        await until(lambda: not living(started))
        assert code == 0


@pytest.mark.slow
async def test_dev_answers_restarts_what_dies_and_remembers() -> None:
    ports = (free_port(), free_port(), free_port(), free_port())
    with open_directory() as directory:
        async with running_dev(directory, ports) as dev:
            visitor = Visitor(dev.client, dev.channel_id)
            secret = (await visitor.enter())["secret"]
            await visitor.say("hello")
            await visitor.heard(1)
            dev.child("worker").kill()
            dev.child("api").kill()
            dev.child("simulator").kill()
            await until(lambda: serves(dev), 60)
            await visitor.say("still there?")
            await visitor.heard(2)
            said = await visitor.messages()
            await is_answered_on_every_platform(dev)
        async with running_dev(directory, ports) as dev:
            visitor = Visitor(dev.client, dev.channel_id)
            await visitor.enter(secret=secret)
            assert await visitor.messages() == said
            await visitor.say("and now?")
            answers = await visitor.heard(3)
    assert str(answers[-1]["text"]).startswith("You said: and now?")


async def is_answered_on_every_platform(dev: Dev) -> None:
    """Somebody writes on each, and the bot answers there."""
    async with caller(dev.simulator_url) as client:
        accounts: dict[str, list[dict[str, str]]] = {}

        async def connected() -> bool:
            try:
                accounts.update((await client.get("/_sim/accounts")).json())
            except httpx.TransportError:
                return False
            return any(bot["listening"] for bot in accounts.get("discord", []))

        await until(connected)
        for platform, who in WHO.items():
            path = f"/_sim/{platform}/{accounts[platform][0]['id']}/messages"
            (await client.post(path, json={**who, "text": f"hello {platform}"})).raise_for_status()

        async def answered() -> bool:
            sent = (await client.get("/_sim/ledger", params={"kind": "outbound"})).json()["items"]
            return all(any(f"You said: hello {name}" in str(item["text"]) for item in sent) for name in WHO)

        await until(answered)


async def serves(dev: Dev) -> bool:
    """Whether the API answers."""
    try:
        return (await dev.client.get("/health/live")).is_success
    except httpx.TransportError:
        return False
