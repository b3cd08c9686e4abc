"""The database schema: whether it is ours, how far it is, and how it is brought up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, func, inspect, select, text
from sqlalchemy.pool import NullPool

import adapters.database.changes
import adapters.database.promises
import adapters.database.prompt_records
import adapters.database.records
import adapters.database.spending
import adapters.database.tables
import adapters.database.tool_records
import adapters.database.understanding_records  # noqa: F401  loaded, so that the metadata is whole
from adapters.database.base import Base
from adapters.database.engine import driver_url
from adapters.faults import CommandFailed

METADATA = Base.metadata
OLDEST_MAJOR_VERSION = 16
_CONNECT_SECONDS = 5
_LOCK = 0x63686174  # "chat": the number under which all our processes lock the migration of one database
_VERSION_TABLE = "alembic_version"


class SchemaForeign(CommandFailed):
    """What is in the database was not made by this program, or by a newer version of it."""


class DatabaseTooOld(CommandFailed):
    """The server's version has not what the schema needs."""


@dataclass(frozen=True)
class Step:
    """How far a schema is, and how far this version takes it; None: nothing is there yet."""

    current: str | None
    newest: str | None

    @property
    def is_newest(self) -> bool:
        """Whether nothing is left to do."""
        return self.current == self.newest


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, made here: the steps are those of the installed package."""
    made = Config()
    made.set_main_option("script_location", "migrations:")
    made.attributes["connection"] = connection
    return made


@contextmanager
def connected(database_url: str) -> Iterator[Connection]:
    """One connection to the database."""
    engine = create_engine(
        driver_url(database_url), poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_SECONDS}
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def locked(connection: Connection) -> Iterator[None]:
    """One process at a time; whoever comes second waits, and finds nothing left to do."""
    connection.execute(select(func.pg_advisory_lock(_LOCK)))
    connection.commit()
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            connection.execute(select(func.pg_advisory_unlock(_LOCK)))
            connection.commit()


def upgrade(connection: Connection) -> Step:
    """Brings the schema to the newest step and returns where it came from; call it under the lock."""
    before = examine(connection)
    if not before.is_newest:
        connection.rollback()
        command.upgrade(config(connection), "head")
    return before


def examine(connection: Connection) -> Step:
    """How far the schema is; raises `DatabaseTooOld` or `SchemaForeign` where it cannot be brought further."""
    _check_version(connection)
    steps = ScriptDirectory.from_config(config())
    heads = MigrationContext.configure(connection).get_current_heads()
    if not heads:
        _check_empty(connection)
        return Step(None, steps.get_current_head())
    known = {step.revision for step in steps.walk_revisions()}
    if len(heads) > 1 or heads[0] not in known:
        raise SchemaForeign(
            f"The schema of database {_name(connection)!r} is at {', '.join(heads)}, which this version does not know.",
            "Run the version that migrated it, or set DATABASE_URL to another database.",
        )
    return Step(heads[0], steps.get_current_head())


def _check_version(connection: Connection) -> None:
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if number < OLDEST_MAJOR_VERSION * 10_000:
        raise DatabaseTooOld(
            f"The database server is PostgreSQL {number // 10_000}, and {OLDEST_MAJOR_VERSION} or newer is needed.",
            "Upgrade it, or set DATABASE_URL to a newer server.",
        )


def _check_empty(connection: Connection) -> None:
    found = sorted(METADATA.tables.keys() & set(inspect(connection).get_table_names()))
    if found:
        raise SchemaForeign(
            f"Database {_name(connection)!r} holds tables of another program: {', '.join(found)}.",
            "Set DATABASE_URL to an empty database.",
        )


def _name(connection: Connection) -> str:
    return str(connection.engine.url.database)
