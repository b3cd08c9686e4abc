"""The connection to PostgreSQL: one engine a process, and transactions from it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import URL, make_url, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_CONNECT_SECONDS = 10
_LEAVE_SECONDS = 6.0
"""Longer than the driver takes to cancel a statement."""
_STATEMENT = timedelta(seconds=10)
_IDLE = timedelta(seconds=30)
"""How long a transaction may do nothing: who was cut off in one would hold its locks for hours."""


def driver_url(database_url: str) -> URL:
    """The address as SQLAlchemy wants it, whichever of the usual spellings it came in."""
    return make_url(database_url).set(drivername="postgresql+psycopg")


class Database:
    """Transactions on one PostgreSQL database; the pool connects when it is first needed."""

    def __init__(self, database_url: str, pool_size: int = 20) -> None:
        self.engine: AsyncEngine = create_async_engine(
            driver_url(database_url),
            pool_size=pool_size,
            max_overflow=0,  # a connection beyond the pool would be opened and closed for each use
            pool_timeout=_CONNECT_SECONDS,
            hide_parameters=True,  # a failing statement's values are what contacts said
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "application_name": "chat-orchestrator",
                "options": f"-c statement_timeout={int(_STATEMENT.total_seconds() * 1000)} "
                f"-c idle_in_transaction_session_timeout={int(_IDLE.total_seconds() * 1000)} -c timezone=UTC",
                "prepare_threshold": 3,
                # A cut network says nothing: without these a query could wait for it for hours.
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": 20_000,
            },
        )

        self._each_alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._out: set[asyncio.Future[None]] = set()
        """One for each connection that somebody has or that is being made, done when it is given back."""

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        async with self._connection(self.engine) as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def once(self) -> AsyncIterator[AsyncConnection]:
        """Statements that need no transaction: each is committed by itself, without the round trips of one."""
        async with self._connection(self._each_alone) as connection:
            yield connection

    async def check(self) -> None:
        """Ask the database whether it answers; raises what its driver raises."""
        async with self.once() as connection:
            await connection.execute(select(1))

    async def close(self) -> None:
        """Give all connections back; those who were cancelled get a moment, for the pool forgets what is out."""
        if self._out:
            await asyncio.wait(self._out, timeout=_LEAVE_SECONDS)
        await self.engine.dispose()

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A connection, open until the block ends.

        Who is cancelled while it is made does not cancel that: a connection half made would stay open on both sides,
        and the server would wait a minute for its other half.
        """
        connection = engine.connect()
        opening = asyncio.create_task(_open(connection))
        given_back = asyncio.get_running_loop().create_future()
        self._out.add(given_back)
        given_back.add_done_callback(self._out.discard)
        try:
            await asyncio.shield(opening)
        except BaseException:
            _give_back(connection, opening, given_back)
            raise
        try:
            yield connection
        finally:
            await asyncio.shield(_give_back(connection, opening, given_back))


async def _open(connection: AsyncConnection) -> None:
    await connection.start()


def _give_back(
    connection: AsyncConnection, opening: "asyncio.Task[None]", given_back: "asyncio.Future[None]"
) -> "asyncio.Task[None]":
    """Close a connection, whoever waits for that or does not."""

    def note(closed: "asyncio.Task[None]") -> None:
        if not closed.cancelled():
            closed.exception()
        given_back.set_result(None)

    closing = asyncio.create_task(_close(connection, opening))
    closing.add_done_callback(note)
    return closing


async def _close(connection: AsyncConnection, opening: "asyncio.Task[None]") -> None:
    """Close a connection as soon as it is open; what could not be opened needs no end."""
    await asyncio.wait({opening})
    if not opening.cancelled() and opening.exception() is None:
        await connection.close()
