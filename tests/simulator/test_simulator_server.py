"""The simulator as a process of its own, and as a guest in another."""

import ast
import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from simulator.app import PLATFORMS
from simulator.server import running
from simulator.simulation import Simulation
from tests.simulator.harness import DEADLINE_SECONDS, TOKEN, Bot


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str]]]:
    """`python -m simulator`, once it has named its addresses."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert child.stdout
    try:
        names = {platform.variable for platform in PLATFORMS.values()}
        lines = [(await asyncio.wait_for(child.stdout.readline(), 10)).decode().strip() for _ in names]
        yield child, dict(line.split("=", 1) for line in lines)
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


@pytest.mark.slow
async def test_the_printed_addresses_answer_and_sigterm_ends_even_what_hangs() -> None:
    async with process("--port", "0") as (child, addresses), httpx.AsyncClient(trust_env=False, timeout=10) as client:
        api = f"{addresses['TELEGRAM_API_URL']}/bot{TOKEN}"
        control = addresses["TELEGRAM_API_URL"].replace("/telegram", "/_sim")
        assert (await client.get(f"{addresses['OPENAI_BASE_URL']}/models")).status_code == 200
        await client.post(f"{control}/faults", json={"kind": "hang", "method": "getMe"})
        polling = asyncio.create_task(client.get(f"{api}/getUpdates?timeout=50"))
        hanging = asyncio.create_task(client.get(f"{api}/getMe"))
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len((await client.get(f"{control}/ledger?kind=call")).json()["items"]) < 2:
                continue
        child.send_signal(signal.SIGTERM)
        with pytest.raises(httpx.ReadError):
            await hanging
        assert (await polling).json() == {"ok": True, "result": []}
        assert child.stderr
        assert await asyncio.wait_for(child.wait(), DEADLINE_SECONDS) == 0
        assert await child.stderr.read() == b""


@pytest.mark.slow
async def test_a_taken_port_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulator", "--port", str(port), stderr=asyncio.subprocess.PIPE
        )
        _, errors = await asyncio.wait_for(child.communicate(), 10)
    expected = f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port\n"
    assert (child.returncode, errors.decode()) == (2, expected)


async def test_a_guest_shares_its_ledger_with_its_host() -> None:
    simulation = Simulation()
    async with running(simulation=simulation) as base_url, httpx.AsyncClient(base_url=base_url) as client:
        await Bot(client).message("sendMessage", chat_id=7, text="x")
    assert [entry["text"] for entry in simulation.ledger.entries("outbound")] == ["x"]


def test_the_simulator_imports_nothing_of_the_project() -> None:
    root = Path(__file__).parents[2]
    project = {path.stem for path in root.iterdir() if path.is_dir() or path.suffix == ".py"} - {"simulator"}
    imported: set[str] = set()
    for path in (root / "simulator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    assert {"simulator", "httpx"} <= imported
    assert imported.isdisjoint(project)
