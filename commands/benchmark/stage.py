"""The stage: servers, product, simulator and floor, each a process of its own, on loopback and in one directory."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
from pydantic import SecretStr
from structlog.stdlib import get_logger

from adapters.processes.children import Child
from adapters.processes.data_directory import DataDirectory
from adapters.processes.ports import LOOPBACK, free_port
from adapters.processes.supervisor import Supervisor
from adapters.temporal.client import connect
from commands.benchmark.bots import make_bots
from commands.benchmark.clients import FloorClient, ProductClient
from commands.benchmark.page import Page
from commands.config import read
from commands.dev import run_once
from commands.services import Addresses, Options, report, start_services
from settings import Settings

FLOOR_QUEUE = "floor"
_TEMPORAL_NAMESPACE = "default"
_READY_QUESTION_SECONDS = 3.0
_WORKER_GRACE = timedelta(seconds=30)
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Stage:
    """Everything that runs, and the two sides as the load meets them."""

    supervisor: Supervisor
    floor: FloorClient
    product: ProductClient
    page: Page

    def process_ids(self) -> dict[str, int]:
        """The processes by name."""
        return {name: self.supervisor.process_id(name) for name in _PROCESSES}

    async def restart(self, name: str) -> None:
        """Ends a process in order; the supervisor starts it again."""
        before = self.supervisor.process_id(name)
        os.kill(before, signal.SIGTERM)
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            if self.supervisor.process_id(name) != before:
                return


_PROCESSES = ("temporal", "postgres", "simulator", "api", "worker", "floor")


@asynccontextmanager
async def staged(directory: DataDirectory, hurry: asyncio.Event) -> AsyncIterator[Stage]:
    """Starts everything; all of it is ended with the block."""
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(Supervisor(directory, _note, hurry))
        addresses = await start_services(supervisor, _options(directory.path))
        simulator, api = _base(free_port()), _base(free_port())
        settings = _settings(addresses, simulator, api)
        environment = _environment(settings)
        report("bringing the schema up to date")
        await run_once(directory, "migrate", ["-m", "cli", "migrate"], environment)
        bot, stopped, page = await make_bots(settings)
        report("starting the simulator, the API, the worker and the floor's worker")
        done = directory.path / "floor.done"
        done.touch()
        for child in _children(settings, simulator, api, done, environment):
            await supervisor.start(child)
        clear = await connect(settings.model_copy(update={"encrypt_payloads": False}))
        to_api, to_simulator = [await stack.enter_async_context(_caller(url)) for url in (api, simulator)]
        yield Stage(
            supervisor,
            FloorClient(clear, FLOOR_QUEUE, done),
            ProductClient(await connect(settings), to_api, to_simulator, bot, stopped),
            Page(to_api, to_simulator, page),
        )


def _options(path: Path) -> Options:
    """Both servers are our own, whatever the settings name."""
    cli = read().temporal_cli
    return Options(
        data_dir=path,
        temporal_port=free_port(),
        temporal_ui_port=free_port(),
        temporal_cli=Path(cli) if cli else None,
        temporal_namespace=_TEMPORAL_NAMESPACE,
    )


def _settings(addresses: Addresses, simulator: str, api: str) -> Settings:
    """As in operation: payloads are encrypted, and the pools have their usual size."""
    return Settings(
        _env_file=None,
        database_url=addresses.database_url,
        temporal_address=addresses.temporal_address,
        temporal_namespace=_TEMPORAL_NAMESPACE,
        temporal_tls=False,
        temporal_api_key=None,
        secret_key=(SecretStr(secrets.token_hex(32)),),
        openai_api_key=SecretStr("of nobody"),
        openai_base_url=f"{simulator}/openai/v1",
        telegram_api_url=f"{simulator}/telegram",
        public_url=api,
        encrypt_payloads=True,
        log_level="WARNING",
    )


def _environment(settings: Settings) -> dict[str, str]:
    """The variables that configure a process like these settings."""
    assert settings.database_url
    assert settings.temporal_address
    assert settings.openai_base_url
    return {
        "DATABASE_URL": settings.database_url,
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
        "TEMPORAL_TLS": "false",
        "SECRET_KEY": ",".join(settings.secrets()),
        "OPENAI_API_KEY": "of nobody",
        "OPENAI_BASE_URL": settings.openai_base_url,
        "TELEGRAM_API_URL": settings.telegram_api_url,
        "PUBLIC_URL": settings.public_url,
        "ENCRYPT_PAYLOADS": "true",
        "LOG_LEVEL": settings.log_level,
        "PYTHONUNBUFFERED": "1",
    }


def _children(settings: Settings, simulator: str, api: str, done: Path, environment: Mapping[str, str]) -> list[Child]:
    python = [sys.executable, "-m"]
    floor = ["commands.benchmark.floor_worker", str(settings.temporal_address), FLOOR_QUEUE, str(done)]
    served = Child("simulator", [*python, "cli", "simulate", "--port", _port(simulator)])
    front_door = Child("api", [*python, "cli", "api", "--host", LOOPBACK, "--port", _port(api)], environment)
    return [
        replace(served, ready=lambda: _answers(f"{simulator}/_sim/faults")),
        replace(front_door, ready=lambda: _answers(f"{api}/health/ready")),
        Child("worker", [*python, "cli", "worker"], environment, grace=_WORKER_GRACE),
        Child("floor", [*python, *floor]),
    ]


def _caller(url: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    return httpx.AsyncClient(base_url=url, timeout=60, limits=limits, trust_env=False)


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_READY_QUESTION_SECONDS) as client:
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False


def _base(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _port(base: str) -> str:
    return base.rpartition(":")[2]


def _note(line: str) -> None:
    """A worker that ends is part of the plan, and no news."""
    get_logger(__name__).info("supervised", said=line)
