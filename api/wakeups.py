"""Notifications from PostgreSQL: they wake streams and drop cached channels; the rows hold the truth."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from psycopg import AsyncConnection, OperationalError
from structlog.stdlib import get_logger

from adapters.database.engine import driver_url
from adapters.database.notifications import CHANNELS_CHANGED, CONVERSATIONS

_RECONNECT_SECONDS = 1.0
_QUEUE = 64


class Wakeups:
    """One LISTEN connection a process; those who wait on a conversation get its notes, each a small JSON object.

    A slow listener loses the oldest notes: they only say that there is something to read.
    """

    def __init__(self, database_url: str, on_channels_changed: Callable[[], None]) -> None:
        self._url = driver_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._on_channels_changed = on_channels_changed
        self._waiting: dict[UUID, set[asyncio.Queue[dict[str, object]]]] = defaultdict(set)

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is made again, and everybody is woken in case of a missed note."""
        while True:
            try:
                await self._listen()
            except (OperationalError, OSError):
                get_logger(__name__).warning("listening_lost")
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> None:
        async with await AsyncConnection.connect(self._url, autocommit=True, connect_timeout=3) as connection:
            await connection.execute(f"LISTEN {CONVERSATIONS}")
            await connection.execute(f"LISTEN {CHANNELS_CHANGED}")
            self._on_channels_changed()
            for conversation in list(self._waiting):
                self._tell(conversation, {"kind": "look"})
            async for note in connection.notifies():
                if note.channel == CHANNELS_CHANGED:
                    self._on_channels_changed()
                    continue
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    content = json.loads(note.payload)
                    self._tell(UUID(content["conversation"]), content)

    def _tell(self, conversation: UUID, note: dict[str, object]) -> None:
        for queue in self._waiting.get(conversation, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(note)

    @contextlib.asynccontextmanager
    async def of(self, conversation: UUID) -> AsyncIterator[asyncio.Queue[dict[str, object]]]:
        """The notes about a conversation from here on."""
        queue: asyncio.Queue[dict[str, object]] = asyncio.Queue(_QUEUE)
        self._waiting[conversation].add(queue)
        try:
            yield queue
        finally:
            self._waiting[conversation].discard(queue)
            if not self._waiting[conversation]:
                del self._waiting[conversation]
