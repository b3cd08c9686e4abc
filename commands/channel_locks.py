"""Who polls a channel: the holder of an advisory lock of PostgreSQL, which ends with the holder's connection."""

import asyncio
from hashlib import blake2b
from socket import gethostname
from uuid import UUID

import psycopg
from structlog.stdlib import get_logger

from adapters.database.engine import driver_url

_CONNECT_SECONDS = 3
_ANSWER_SECONDS = 5.0


class ChannelLocks:
    """The locks of one gateway, all on one connection that does nothing else."""

    def __init__(self, database_url: str) -> None:
        self._url = driver_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        self._refused: set[UUID] = set()

    async def renew(self) -> bool:
        """Makes sure of the connection; whether it is a new one, which holds nothing."""
        if self._connection is not None:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._connection.execute("SELECT 1")
                return False
            except (psycopg.OperationalError, TimeoutError):
                await self.close()
        self._connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name=application_name()
        )
        return True

    async def take(self, channel: UUID) -> bool:
        """Whether the channel is ours to poll from now on."""
        taken = bool(await self._ask("SELECT pg_try_advisory_lock(%s)", channel))
        if not taken and channel not in self._refused:
            get_logger(__name__).info("standing_by", channel=str(channel))
        (self._refused.discard if taken else self._refused.add)(channel)
        return taken

    async def give_back(self, channel: UUID) -> None:
        """Let another gateway poll the channel."""
        await self._ask("SELECT pg_advisory_unlock(%s)", channel)

    async def close(self) -> None:
        """Gives everything back."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _ask(self, query: str, channel: UUID) -> object:
        assert self._connection is not None
        row = await (await self._connection.execute(query, [_number(channel)])).fetchone()
        return row[0] if row else None


def application_name() -> str:
    """How PostgreSQL knows the gateway of this host; a name there has at most 63 characters."""
    return f"chat-orchestrator gateway {gethostname()}"[:63]


def _number(channel: UUID) -> int:
    return int.from_bytes(blake2b(b"poll" + channel.bytes, digest_size=8).digest(), signed=True)
