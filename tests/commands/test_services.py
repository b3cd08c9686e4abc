"""The command `services`: both servers up, their addresses printed, and nothing left behind."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # the package ships no types
import psycopg
import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from adapters.processes.ports import free_port
from adapters.temporal import binary
from tests.machine import family, living, open_directory, until

# The command as cli.py calls it, with the errors that it prints.
PROGRAM = """
import asyncio, sys
from pathlib import Path
from adapters.faults import CommandFailed
from adapters.processes.supervisor import leave
from commands.services import Options, services

try:
    code = asyncio.run(services(Options(
        data_dir=Path(sys.argv[1]), temporal_port=int(sys.argv[2]), temporal_ui_port=int(sys.argv[3]),
        temporal_cli=Path(sys.argv[4]), search_attributes={"Workspace": "Keyword"},
    )))
except CommandFailed as fault:
    print(fault.sentence, fault.remedy, file=sys.stderr)
    code = fault.code
leave(code)
"""
Given = tuple[int, int, Path]
WORKSPACE = SearchAttributeKey.for_keyword("Workspace")


@dataclass
class Served:
    """A running `services` and what it printed."""

    process: Process
    addresses: dict[str, str]

    @property
    def database(self) -> str:
        return self.addresses["DATABASE_URL"]

    @property
    def temporal(self) -> str:
        return self.addresses["TEMPORAL_ADDRESS"]

    def child(self, name: str) -> "psutil.Process":
        return next(child for child in psutil.Process(self.process.pid).children() if child.name() == name)


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data directory that every test of this file starts from and leaves intact."""
    with open_directory() as path:
        yield path / "data"


@pytest.fixture(scope="module")
async def given() -> Given:
    """Free ports, and a binary that is found, and built if need be, before any test measures time."""
    named = os.environ.get("TEMPORAL_CLI")
    return free_port(), free_port(), await binary.find(Path(named) if named else None, print)


async def launched(data: Path, given: Given) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(data), *map(str, given),
        stdout=PIPE, stderr=PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip


async def printed(process: Process) -> dict[str, str]:
    assert process.stdout
    lines = [(await process.stdout.readline()).decode().rstrip() for _ in range(3)]
    return dict(line.split("=", 1) for line in lines)


@asynccontextmanager
async def serving(data: Path, given: Given) -> AsyncIterator[Served]:
    process = await launched(data, given)
    try:
        async with asyncio.timeout(60):
            yield Served(process, await printed(process))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def ask(url: str, question: str) -> object:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        answer = await connection.execute(question.encode())
        row = await answer.fetchone() if answer.description else None
        return row[0] if row else None


async def remembers(served: Served) -> bool:
    """Whether both servers answer, with what `remember` gave them."""
    try:
        kept = await ask(served.database, "SELECT answer FROM kept")
        client = await Client.connect(served.temporal)
        description = await client.get_workflow_handle("kept").describe()
    except (psycopg.OperationalError, RuntimeError):
        return False
    return kept == 42 and description.typed_search_attributes[WORKSPACE] == "default"


async def remember(served: Served) -> None:
    await ask(served.database, "CREATE TABLE kept AS SELECT 42 AS answer")
    client = await Client.connect(served.temporal)
    attributes = TypedSearchAttributes([SearchAttributePair(WORKSPACE, "default")])
    await client.start_workflow("Nothing", id="kept", task_queue="nobody", search_attributes=attributes)


@pytest.mark.slow
async def test_it_prints_three_lines_once_both_answer(data: Path, given: Given) -> None:
    async with serving(data, given) as served:
        assert list(served.addresses) == ["DATABASE_URL", "TEMPORAL_ADDRESS", "TEMPORAL_UI_URL"]
        assert served.temporal == f"127.0.0.1:{given[0]}"
        assert served.addresses["TEMPORAL_UI_URL"] == f"http://127.0.0.1:{given[1]}"
        assert await ask(served.database, "SELECT current_database()") == "chat_orchestrator"
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(served.addresses["TEMPORAL_UI_URL"])).is_success
        await remember(served)
        assert await remembers(served)


@pytest.mark.slow
async def test_a_second_start_keeps_addresses_and_data(data: Path, given: Given) -> None:
    async with serving(data, given) as first:
        assert await remembers(first)
    async with serving(data, given) as second:
        assert second.addresses == first.addresses
        assert await remembers(second)


@pytest.mark.slow
async def test_killed_servers_come_back_on_the_same_ports_with_their_data(data: Path, given: Given) -> None:
    async with serving(data, given) as served:
        killed = [served.child("postgres"), served.child("temporal")]
        for child in killed:
            child.kill()
        await until(lambda: living(killed) == [])
        await until(lambda: remembers(served))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_well_and_leaves_no_process_behind(
    data: Path, given: Given, number: signal.Signals
) -> None:
    async with serving(data, given) as served:
        everyone = family(served.process.pid)
        names = {process.name() for process in everyone}
        served.process.send_signal(number)
        rest, _ = await served.process.communicate()

        assert names == {"postgres", "temporal"}
        assert served.process.returncode == 0
        assert rest == b""
        assert living(everyone) == []


@pytest.mark.slow
async def test_a_signal_during_the_start_leaves_no_process_behind(data: Path, given: Given) -> None:
    process = await launched(data, given)
    await until(lambda: len(family(process.pid)) > 0)
    everyone = family(process.pid)
    process.terminate()
    await process.communicate()

    assert process.returncode == 0
    assert living(everyone) == []


@pytest.mark.slow
async def test_after_a_kill_the_next_start_keeps_the_data(data: Path, given: Given) -> None:
    async with serving(data, given) as served:
        served.process.kill()
        await served.process.wait()
    async with serving(data, given) as served:
        assert await remembers(served)


@pytest.mark.slow
@pytest.mark.parametrize(("taken", "option"), [(0, "--temporal-port"), (1, "--temporal-ui-port")])
async def test_a_taken_port_is_one_sentence_that_names_the_option(
    data: Path, given: Given, taken: int, option: str
) -> None:
    with socket.create_server(("127.0.0.1", given[taken])):
        process = await launched(data, given)
        out, error = await process.communicate()

    assert process.returncode == 1
    assert out == b""
    assert f"Port {given[taken]} of 127.0.0.1 is taken" in error.decode()
    assert error.decode().endswith(f"choose another port with {option}.\n")
    assert error.count(b"\n") == 1


@pytest.mark.slow
async def test_a_file_that_temporal_did_not_make_is_refused(given: Given) -> None:
    with open_directory() as path:
        (path / "temporal").mkdir()
        (path / "temporal" / "temporal.db").write_text("not a database")
        process = await launched(path, given)
        _, error = await process.communicate()

        assert process.returncode == 1
        assert "is no database of Temporal" in error.decode()


@pytest.mark.slow
async def test_a_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path, given: Given) -> None:
    (tmp_path / "a-file").write_text("")
    process = await launched(tmp_path / "a-file" / "data", given)
    _, error = await process.communicate()

    assert process.returncode == 1
    assert os.strerror(20) in error.decode()
    assert error.count(b"\n") == 1
