"""The command line: what it explains, what it refuses, and how errors read."""

import asyncio
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx
import psycopg
import pytest

import cli
from adapters.processes.ports import free_port
from commands.sentences import ended
from settings import Settings
from tests.commands.commandline import HOUSE, bare, chat_orchestrator
from tests.machine import until
from tests.processes import environment

COMMANDS = ("dev", "services", "api", "worker", "gateway", "migrate", "validate-config", "doctor", "keys create",
            "keys list", "keys revoke", "bots apply", "audit", "recover", "replay", "simulate", "bench")  # fmt: skip
HEAVY = ("sqlalchemy", "temporalio", "fastapi", "pydantic", "openai", "alembic", "rich")
NEEDED = {"DATABASE_URL", "TEMPORAL_ADDRESS", "SECRET_KEY"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run([*command.split(), "--help"])

    shown = capsys.readouterr().out
    assert code == 0
    assert f"Usage: chat-orchestrator {command}" in shown
    assert any(line.strip().endswith(".") for line in shown.splitlines())


def test_help_loads_nothing_heavy() -> None:
    program = f"import cli, sys; cli.run(['--help']); print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=HOUSE, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 0
    assert {command.split()[0] for command in COMMANDS} <= set(capsys.readouterr().out.split())


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == "chat-orchestrator 0.1.0\n"


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["api", "--port", "many"],
        ["api", "--port", "70000"],
        ["keys", "create", "--workspace", "x", "--role", "boss"],
        ["keys", "create", "--role", "admin"],
        ["bots", "apply"],
        ["worker", "--build-id", "1"],
        ["worker", "--queues", "none"],
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No setting at all."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.mark.parametrize("command", ["api", "worker", "gateway", "migrate"])
def test_what_is_not_set_is_named_one_line_each(
    command: str, unset: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([command]) == 2
    assert {line.split(":")[0] for line in capsys.readouterr().err.splitlines()} == NEEDED


def test_wrong_settings_are_named_one_line_each_without_their_secret(
    unset: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"SECRET_KEY": "too-short-canary", "METRICS_PORT": "70000", "LOG_FORMAT": "xml"}
    for name, value in given.items():
        unset.setenv(name, value)

    assert cli.run(["worker"]) == 2
    said = capsys.readouterr().err
    assert {line.split(":")[0] for line in said.splitlines()} == set(given)
    assert "canary" not in said


@pytest.mark.slow
async def test_a_database_that_is_away_is_one_sentence(settings: Settings) -> None:
    away = f"postgresql://nobody:canary@127.0.0.1:{free_port()}/nothing"
    done = await chat_orchestrator("keys", "list", environment=environment(settings) | {"DATABASE_URL": away})

    assert done.code == 1
    assert done.error.startswith("The database cannot be used: ")
    assert len(done.error.splitlines()) == 1
    assert "canary" not in done.error


async def test_a_database_without_a_schema_is_one_sentence_that_names_migrate(
    settings: Settings, database_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    done = await chat_orchestrator("keys", "list", environment=environment(settings))

    assert done.code == 1
    assert "chat-orchestrator migrate" in done.error
    assert len(done.error.splitlines()) == 1


@pytest.mark.slow
async def test_a_temporal_that_is_away_is_one_sentence_with_its_address(settings: Settings) -> None:
    away = f"127.0.0.1:{free_port()}"
    done = await chat_orchestrator("migrate", environment=environment(settings) | {"TEMPORAL_ADDRESS": away})

    assert done.code == 1
    assert done.error.splitlines()[-1].startswith(f"Temporal does not answer at {away}.")
    assert "Traceback" not in done.error


def test_what_nobody_foresaw_says_how_to_see_more() -> None:
    said, code = ended(ZeroDivisionError("canary"))

    assert code == 1
    assert "LOG_LEVEL=DEBUG" in said
    assert "canary" not in said


def test_with_debug_an_error_shows_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    ended(ZeroDivisionError("canary"))

    assert "ZeroDivisionError: canary" in capsys.readouterr().err


@pytest.mark.slow
async def test_a_taken_port_is_one_sentence_that_names_the_option(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = await chat_orchestrator("api", "--port", port, environment=environment(settings))

    assert done.code == 1
    assert done.error.startswith(f"Port {port} of 127.0.0.1 cannot be listened on: Address already in use.")
    assert "--port" in done.error
    assert len(done.error.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_api_serves_and_stops_well_at_a_signal(settings: Settings, number: signal.Signals) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "api", "--port", str(port), env=environment(settings), cwd=HOUSE
    )

    async def serves() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"http://127.0.0.1:{port}/health/live")).is_success
        except httpx.TransportError:
            return False

    await until(serves)
    process.send_signal(number)
    async with asyncio.timeout(30):
        assert await process.wait() == 0


async def test_the_simulator_prints_where_it_is(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "simulate", stdout=PIPE, env=bare(), cwd=tmp_path
    )
    assert process.stdout
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
        process.terminate()
        await process.communicate()

    assert line.startswith("TELEGRAM_API_URL=http://127.0.0.1:")
    assert process.returncode == 0
