"""`chat-orchestrator dev`: the whole product on one machine, each part a process, with a demo bot to talk to."""

import secrets
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from adapters.faults import ChildFailed
from adapters.processes import children
from adapters.processes.children import Child
from adapters.processes.data_directory import DataDirectory
from adapters.processes.interruption import Interruption
from adapters.processes.ports import LOOPBACK, free_port, is_taken
from adapters.processes.supervisor import Supervisor
from adapters.temporal.embedded import require_free
from commands.services import Addresses, Options, report, start_services
from commands.stand_ins import ADDRESSES, SETUP_FILE
from commands.stand_ins import addresses as stand_ins
from domain.platforms import PlatformName

_READY_QUESTION_SECONDS = 3.0
_USUAL_SIMULATOR_PORT = 8100


async def dev(options: Options) -> int:
    """Starts everything, says where it is, and stays until it is stopped; the answer is an exit code."""
    async with Interruption(report) as interruption:
        directory = DataDirectory(options.data_dir)
        async with Supervisor(directory, report, interruption.hurry) as supervisor:
            require_free(options.port, "--port")
            simulator_port = _simulator_port(options)
            addresses = await start_services(supervisor, options)
            environment = _environment(directory, options, addresses)
            report("bringing the schema up to date")
            await run_once(directory, "migrate", ["-m", "cli", "migrate"], environment)
            demo = await _prepare_demo(directory, environment, options)
            simulated = frozenset(PlatformName(name) for name in demo.get("SIMULATED", "").split())
            report("starting the API, the worker and the gateway")
            if simulated:
                environment |= stand_ins(_base(simulator_port), simulated)
                await supervisor.start(simulator(simulator_port, directory.path / SETUP_FILE))
            for child in product(options.port, environment):
                await supervisor.start(child)
            _print_panel(options, addresses, demo, _base(simulator_port) if simulated else "")
            await supervisor.watch()
    return 0


def _simulator_port(options: Options) -> int:
    """The port that was asked for; else the usual one, or any other where that is taken: nobody relies on it."""
    if options.simulator_port is None:
        return free_port() if is_taken(_USUAL_SIMULATOR_PORT) else _USUAL_SIMULATOR_PORT
    if ADDRESSES.keys() - options.real_platforms:
        require_free(options.simulator_port, "--simulator-port")
    return options.simulator_port


def simulator(port: int, setup: Path) -> Child:
    """The simulator: it is there long before the API, so nobody waits for it."""
    command = ["-m", "simulator", "--host", LOOPBACK, "--port", str(port), "--setup", str(setup)]
    return Child("simulator", _python(command))


def product(port: int, environment: Mapping[str, str]) -> list[Child]:
    """The API, the worker and the gateway, in the order of their start."""

    async def is_ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=_READY_QUESTION_SECONDS) as client:
                return (await client.get(f"{_base(port)}/health/ready")).is_success
        except httpx.HTTPError:
            return False

    api = ["-m", "cli", "api", "--host", LOOPBACK, "--port", str(port)]
    return [
        Child("api", _python(api), environment, ready=is_ready),
        Child("worker", _python(["-m", "cli", "worker"]), environment, grace=timedelta(seconds=30)),
        Child("gateway", _python(["-m", "cli", "gateway"]), environment),
    ]


def _environment(directory: DataDirectory, options: Options, addresses: Addresses) -> dict[str, str]:
    environment = {name: value for name, value in addresses.as_environment().items() if value}
    environment |= {
        "DEMO_MODEL": "true",
        "PUBLIC_URL": options.public_url or _base(options.port),
        "MEDIA_STORE_URL": str(directory.path / "media"),
        "PYTHONUNBUFFERED": "1",
    }
    if options.secret_key:
        environment["SECRET_KEY"] = options.secret_key
    else:
        environment["SECRET_KEY"] = directory.kept("secret-key", lambda: secrets.token_hex(32))
        # With a key of nobody's choice, being able to read payloads in Temporal's pages is worth more.
        environment["ENCRYPT_PAYLOADS"] = "false"
    return environment


async def _prepare_demo(directory: DataDirectory, environment: Mapping[str, str], options: Options) -> dict[str, str]:
    """Lets `commands.demo` make its bot, channels and key; it prints addresses as NAME=VALUE."""
    command = ["-m", "commands.demo", "--data-dir", str(directory.path), "--api-url", _base(options.port)]
    command += ["--simulated", *sorted(ADDRESSES.keys() - options.real_platforms)]
    output = await run_once(directory, "demo", command, environment)
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)


async def run_once(
    directory: DataDirectory, name: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> str:
    """Runs one of our own programs to its end and returns its stdout; raises `ChildFailed` with its last words."""
    directory.turn_log(name, above_bytes=0)
    log = directory.log(name)
    finished = await children.run(_python(arguments), environment=environment, errors=log)
    if finished.code != 0:
        last = children.tail(log, lines=1) or "nothing"
        raise ChildFailed(f"{name} ended with exit code {finished.code} and said: {last}", f"Read {log}.")
    return finished.output


def _print_panel(options: Options, addresses: Addresses, demo: Mapping[str, str], simulator_url: str) -> None:
    base, simulated = _base(options.port), [name.title() for name in demo.get("SIMULATED", "").split()]
    rows = {
        "Chat page": f"{base}/",
        "Simulator": f"{simulator_url}/ for {', '.join(simulated)}" if simulator_url else "",
        "API docs": f"{base}/docs",
        "Temporal": addresses.temporal_ui_url,
        "API key": demo.get("API_KEY", ""),
        "": f"also in {options.data_dir / 'api-key'}",
        "Logs": f"{options.data_dir / 'logs'}",
    }
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    Console().print(Panel.fit(table, title="Chat Orchestrator", subtitle="Ctrl-C stops everything"))


def _python(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, *arguments]


def _base(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
