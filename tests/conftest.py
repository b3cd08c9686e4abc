"""What the tests stand on: one PostgreSQL and one Temporal server a run, a database and a task queue a test."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

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
from tests.machine import caller, open_directory
from tests.product import Product, running_api, running_product
from tests.simulated import Simulated

SECRET_KEY = "a key that only tests know: of 32 bytes or more"
_TEMPLATE = "template_of_tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no process is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
def settings(database_url: str, temporal_address: str, tmp_path: Path) -> Settings:
    """The settings of a product of the test's own: its database, its task queue."""
    return made_settings(database_url, temporal_address, tmp_path / "media")


def made_settings(database_url: str, temporal_address: str, media: Path) -> Settings:
    """The settings of a product with a task queue of its own."""
    return Settings(
        _env_file=None,
        database_url=database_url,
        temporal_address=temporal_address,
        task_queue=f"test-{secrets.token_hex(6)}",
        media_store_url=str(media),
        secret_key=(SecretStr(SECRET_KEY),),
        encrypt_payloads=False,
        demo_model=True,
        log_format="console",
    )


@pytest.fixture
async def simulated() -> AsyncIterator[Simulated]:
    """The platforms and the model provider, stood in for over HTTP."""
    async with simulator_running() as url, caller(url) as client:
        yield Simulated(url, client)


@pytest.fixture
def pointed(settings: Settings, simulated: Simulated) -> Settings:
    """The settings, with the platforms and the model where the simulator stands in for them."""
    return pointed_to(settings, simulated)


def pointed_to(settings: Settings, simulated: Simulated) -> Settings:
    """These settings, with the platforms and the model where this simulator stands in for them."""
    return settings.model_copy(
        update={
            "openai_base_url": simulated.openai_base_url,
            "private_tool_hosts": ("127.0.0.1",),
            "telegram_api_url": simulated.telegram_api_url,
            "slack_api_url": simulated.slack_api_url,
            "discord_api_url": simulated.discord_api_url,
            "graph_api_url": simulated.graph_api_url,
        }
    )


@pytest.fixture
async def front_door(pointed: Settings, database: Database, simulated: Simulated) -> AsyncIterator[Product]:
    """The API alone; workers are for the test to start, and to kill."""
    async with running_api(pointed) as url, caller(url) as client:
        yield Product(pointed, url, client, database, simulated)


@pytest.fixture
async def product(pointed: Settings, database: Database, simulated: Simulated) -> AsyncIterator[Product]:
    """API and worker, running against the simulator."""
    async with running_product(pointed, database, simulated) as made:
        yield made


@asynccontextmanager
async def fresh_database(template: str) -> AsyncIterator[str]:
    """A migrated database without a row that nobody else uses, for the length of the block."""
    # Emptying one takes a hundredth of the time that making one does; who changes its shape has it for himself alone.
    name = _free_databases.pop() if _free_databases else await _new_database(template)
    address = _named(template, name)
    shape, version = await _administer(address, _SHAPE), await _administer(address, _VERSION)
    yield address
    await _administer(template, _CUT_OFF.format(sql.Literal(name)))
    if await _administer(address, _SHAPE) == shape and await _administer(address, _VERSION) == version:
        await _administer(address, _EMPTY)
        _free_databases.append(name)


_free_databases: list[str] = []
_SHAPE = sql.SQL("""
    SELECT md5(string_agg(concat(attrelid::regclass, attname, atttypid, attnotnull), ',' ORDER BY attrelid, attnum))
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
""").format()
_CUT_OFF = sql.SQL("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}")
_VERSION = sql.SQL("SELECT version_num FROM alembic_version").format()
_EMPTY = sql.SQL("""
    DO $$
    DECLARE name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'default');
        PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
    END $$
""").format()


async def _new_database(template: str) -> str:
    name = f"test_{uuid4().hex}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(_TEMPLATE))
    await _administer(template, copy)
    return name


async def _administer(database_url: str, statement: sql.Composed) -> object:
    """The first value of what the statement gives, if it gives any."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        cursor = await connection.execute(statement)
        row = await cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def _named(database_url: str, name: str) -> str:
    return f"{database_url.rpartition('/')[0]}/{name}"
