"""What the tests stand on: one PostgreSQL and one Temporal server a run, a database and a task queue a test."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from adapters.database.engine import Database
from adapters.processes.data_directory import DataDirectory
from adapters.processes.ports import free_port
from adapters.processes.supervisor import Supervisor
from adapters.temporal import names
from commands.migrate import migrate_database
from commands.services import Addresses, Options, start_services
from settings import Settings
from simulator.server import running as simulator_running
from tests.machine import open_directory
from tests.product import Product, running_api, running_product
from tests.simulated import Simulated

SECRET_KEY = "a key that only tests know: of 32 bytes or more"
_TEMPLATE = "template_of_tests"


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    """Where the run's servers keep their data."""
    with open_directory() as path:
        yield path


@pytest.fixture(scope="session")
async def servers(server_directory: Path) -> AsyncIterator[Addresses]:
    """A real PostgreSQL and a real Temporal server, for the whole run."""
    options = Options(
        data_dir=server_directory,
        temporal_port=free_port(),
        temporal_ui_port=free_port(),
        search_attributes={key.name: "Keyword" for key in names.SEARCH_ATTRIBUTES},
    )
    async with Supervisor(DataDirectory(server_directory), print) as supervisor:
        yield await start_services(supervisor, options)


@pytest.fixture(scope="session")
async def temporal_address(servers: Addresses) -> str:
    """Where the run's Temporal server answers."""
    return servers.temporal_address


@pytest.fixture(scope="session")
async def template(servers: Addresses) -> str:
    """A migrated database that each test's own is copied from; the address of the server's maintenance database."""
    # The server lives as long as the run: nothing has to survive a power loss, and databases are made by the hundred.
    for setting in ("fsync", "full_page_writes"):
        await _administer(servers.database_url, sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
    await _administer(servers.database_url, sql.SQL("SELECT pg_reload_conf()").format())
    await _administer(servers.database_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
    await asyncio.to_thread(migrate_database, _named(servers.database_url, _TEMPLATE))
    return servers.database_url


@pytest.fixture
async def database_url(template: str) -> AsyncIterator[str]:
    """A fresh, migrated database."""
    async with fresh_database(template) as address:
        yield address


@pytest.fixture(scope="module")
async def shared(template: str) -> AsyncIterator[Database]:
    """A database for the tests of one file: who asks only for rows of its own chat needs no other."""
    async with fresh_database(template) as address:
        made = Database(address)
        yield made
        await made.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Transactions on the test's database."""
    made = Database(database_url)
    yield made
    await made.close()


@pytest.fixture
def settings(database_url: str, temporal_address: str) -> Settings:
    """The settings of a product of the test's own: its database, its task queue."""
    return Settings(
        _env_file=None,
        database_url=database_url,
        temporal_address=temporal_address,
        task_queue=f"test-{secrets.token_hex(6)}",
        secret_key=(SecretStr(SECRET_KEY),),
        encrypt_payloads=False,
        demo_model=True,
        log_format="console",
    )


@pytest.fixture
async def simulated() -> AsyncIterator[Simulated]:
    """The platforms and the model provider, stood in for over HTTP."""
    async with simulator_running() as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield Simulated(url, client)


@pytest.fixture
def pointed(settings: Settings, simulated: Simulated) -> Settings:
    """The settings, with the platforms and the model where the simulator stands in for them."""
    return settings.model_copy(
        update={"openai_base_url": simulated.openai_base_url, "telegram_api_url": simulated.telegram_api_url}
    )


@pytest.fixture
async def front_door(pointed: Settings, database: Database, simulated: Simulated) -> AsyncIterator[Product]:
    """The API alone; workers are for the test to start, and to kill."""
    async with running_api(pointed) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield Product(pointed, url, client, database, simulated)


@pytest.fixture
async def product(pointed: Settings, database: Database, simulated: Simulated) -> AsyncIterator[Product]:
    """API and worker, running against the simulator."""
    async with running_product(pointed, database, simulated) as made:
        yield made


@asynccontextmanager
async def fresh_database(template: str) -> AsyncIterator[str]:
    """A migrated database that nobody else uses, for the length of the block."""
    name = f"test_{uuid4().hex}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(_TEMPLATE))
    await _administer(template, copy)
    yield _named(template, name)
    await _administer(template, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def _administer(database_url: str, statement: sql.Composed) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute(statement)


def _named(database_url: str, name: str) -> str:
    return f"{database_url.rpartition('/')[0]}/{name}"
