"""The embedded PostgreSQL: started, found again, stopped, and refused where its directory is not its own."""

import os
import signal
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from adapters.database.embedded import EmbeddedPostgres
from adapters.database.server_user import closed_to_others
from adapters.faults import CommandFailed, DirectoryForeign, DirectoryUnusable
from adapters.processes import children
from adapters.processes.data_directory import DataDirectory
from adapters.processes.supervisor import Supervisor
from tests.machine import is_alive, open_directory, until


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data directory that every test of this file starts from and leaves intact."""
    with open_directory() as path:
        yield path / "data"


@pytest.fixture
def empty() -> Iterator[Path]:
    """A data directory of the test's own."""
    with open_directory() as path:
        yield path


def ignore(_line: str) -> None:
    """For tests that do not care what is reported."""


@asynccontextmanager
async def running(path: Path) -> AsyncIterator[tuple[EmbeddedPostgres, Supervisor]]:
    async with Supervisor(DataDirectory(path), ignore) as supervisor:
        postgres = EmbeddedPostgres(supervisor.directory, ignore)
        await postgres.prepare()
        await supervisor.start(postgres.child())
        yield postgres, supervisor


async def ask(url: str, question: str) -> object:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        answer = await connection.execute(question.encode())
        row = await answer.fetchone() if answer.description else None
        return row[0] if row else None


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


async def answers(url: str) -> bool:
    try:
        return await ask(url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


@pytest.mark.slow
async def test_it_answers_at_its_address_with_room_for_many_connections(data: Path) -> None:
    async with running(data) as (postgres, _):
        assert await ask(postgres.url, "SELECT current_database()") == "chat_orchestrator"
        assert int(str(await ask(postgres.url, "SHOW max_connections"))) >= 200
        assert await ask(postgres.url, "SHOW listen_addresses") == "127.0.0.1"
        assert await ask(postgres.url, "SHOW server_encoding") == "UTF8"


async def test_nobody_gets_in_without_the_password(data: Path) -> None:
    async with running(data) as (postgres, _):
        password = (data / "postgres" / "password").read_text().strip()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await ask(postgres.url.replace(password, "guessed"), "SELECT 1")


async def test_secrets_and_data_are_closed_to_other_users(data: Path) -> None:
    async with running(data):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data / "postgres").iterdir()}

    assert modes == {"password": 0o600, "port": 0o600, "cluster": 0o700}


async def test_a_killed_server_comes_back_on_its_port_with_its_data(data: Path) -> None:
    async with running(data) as (postgres, supervisor):
        await ask(postgres.url, "CREATE TABLE survivors AS SELECT 42 AS answer")
        os.kill(supervisor.process_id("postgres"), signal.SIGKILL)
        await until(lambda: answers(postgres.url))

        assert await ask(postgres.url, "SELECT answer FROM survivors") == 42


async def test_a_second_start_has_the_same_address_and_the_same_data(data: Path) -> None:
    async with running(data) as (postgres, _):
        first = postgres.url
        await ask(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    async with running(data) as (postgres, _):
        assert postgres.url == first
        assert await ask(postgres.url, "SELECT answer FROM kept") == 42


async def test_a_server_without_supervisor_is_ended_by_the_next_start(data: Path) -> None:
    directory = DataDirectory(data)
    lost = EmbeddedPostgres(directory, ignore)
    await lost.prepare()
    orphan = await children.start(lost.child(), directory.log("orphan"))
    await until(lambda: answers(lost.url.removesuffix("chat_orchestrator") + "postgres"))
    async with running(data) as (postgres, _):
        assert await answers(postgres.url)
        assert postgres.url == lost.url
        await orphan.wait()


async def test_the_mark_of_a_killed_server_does_not_prevent_a_start_even_when_its_pid_lives_again(data: Path) -> None:
    mark = data / "postgres" / "cluster" / "postmaster.pid"
    mark.write_text(f"{os.getpid()}\n{mark.parent}\n1700000000\n5432\n\n127.0.0.1\n\nready\n")
    async with running(data) as (postgres, _):
        assert await answers(postgres.url)


async def test_a_port_that_went_to_another_program_is_given_up(data: Path) -> None:
    async with running(data) as (postgres, _):
        kept = port_of(postgres.url)
    with socket.create_server(("127.0.0.1", kept)):
        async with running(data) as (postgres, _):
            assert port_of(postgres.url) != kept
            assert await answers(postgres.url)


async def test_a_cluster_in_a_closed_directory_is_served_all_the_same(data: Path) -> None:
    data.parent.chmod(0o700)
    async with running(data) as (postgres, _):
        assert await answers(postgres.url)
    data.parent.chmod(0o755)


@pytest.mark.slow
async def test_a_start_that_was_stopped_while_it_made_the_cluster_is_repeated(empty: Path) -> None:
    half_made = empty / "postgres" / "cluster.new"
    half_made.mkdir(parents=True)
    (half_made / "postgresql.conf").write_text("")
    async with running(empty) as (postgres, _):
        assert await answers(postgres.url)


def found(data: Path, version: str | None, password: str | None) -> None:
    """Puts something like a cluster into `data`."""
    cluster = data / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    for path, text in ((cluster / "PG_VERSION", version), (data / "postgres" / "password", password)):
        if text:
            path.write_text(text)


async def refused(data: Path) -> CommandFailed:
    with pytest.raises(CommandFailed) as caught:
        async with running(data):
            pass
    return caught.value


async def test_a_cluster_of_another_version_is_refused(empty: Path) -> None:
    found(empty, version="17", password="secret")
    fault = await refused(empty)

    assert isinstance(fault, DirectoryForeign)
    assert "was made by PostgreSQL 17, this is 18" in fault.sentence
    assert "--data-dir" in fault.remedy


@pytest.mark.parametrize(("version", "password"), [("18", None), (None, "secret")])
async def test_a_cluster_that_is_not_ours_is_refused(empty: Path, version: str | None, password: str | None) -> None:
    found(empty, version, password)
    fault = await refused(empty)

    assert isinstance(fault, DirectoryForeign)
    assert "is no PostgreSQL cluster of chat-orchestrator" in fault.sentence


async def test_a_broken_cluster_is_one_sentence_with_what_postgres_says(data: Path) -> None:
    control = data / "postgres" / "cluster" / "global" / "pg_control"
    async with running(data):
        pass
    control.rename(control.with_suffix(".away"))
    fault = await refused(data)
    control.with_suffix(".away").rename(control)

    assert isinstance(fault, DirectoryUnusable)
    assert str(data / "postgres") in fault.sentence
    assert str(data / "logs" / "postgres.log") in fault.remedy


async def test_a_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("not a directory")
    fault = await refused(tmp_path)

    assert isinstance(fault, DirectoryUnusable)
    assert str(tmp_path / "postgres") in fault.sentence


async def test_no_server_process_outlives_its_supervisor(data: Path) -> None:
    async with running(data) as (postgres, supervisor):
        pid = supervisor.process_id("postgres")
        backend = int(str(await ask(postgres.url, "SELECT pg_backend_pid()")))

    assert [is_alive(pid), is_alive(backend)] == [False, False]


def test_the_outermost_closed_directory_is_the_one_to_open(tmp_path: Path) -> None:
    with open_directory() as path:
        closed = path / "closed"
        (closed / "also" / "data").mkdir(parents=True)
        closed.chmod(0o700)
        (closed / "also").chmod(0o700)

        assert closed_to_others(closed / "also" / "data") == closed
        assert closed_to_others(closed) is None
