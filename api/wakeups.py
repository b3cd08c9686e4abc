"""Notifications from PostgreSQL: they wake streams, carry drafts, drop cached channels; the rows hold the truth."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias
from uuid import UUID

import psycopg
from structlog.stdlib import get_logger

from adapters.database.drafts import DELTA
from adapters.database.engine import driver_url
from adapters.database.notifications import CHANNELS_CHANGED, CONVERSATIONS
from api.drafts import Drafts

STOPPING = "stopping"
"""The kind of the last note of all: the process ends, whoever reads a stream shall connect anew."""
_RECONNECT_SECONDS = 1.0
_QUIET_SECONDS = 30.0
_ANSWER_SECONDS = 5.0
_QUEUE = 64
Note: TypeAlias = dict[str, object]


class Wakeups:
    """One LISTEN connection a process; those who wait on a conversation get its notes, each a small JSON object.

    A slow listener loses the oldest notes: they only say that there is something to read. What is being written is in
    `drafts`.
    """

    def __init__(self, database_url: str, on_channels_changed: Callable[[], None]) -> None:
        self._url = driver_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._on_channels_changed = on_channels_changed
        self._waiting: dict[UUID, set[asyncio.Queue[Note]]] = defaultdict(set)
        self._stopping = False
        self.drafts = Drafts()

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is made again, and everybody is woken in case of a missed note."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                get_logger(__name__).warning("listening_lost", kind=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=3) as connection:
            await connection.execute(f"LISTEN {CONVERSATIONS}")
            await connection.execute(f"LISTEN {CHANNELS_CHANGED}")
            self._on_channels_changed()
            self.drafts.clear()
            for conversation in list(self._waiting):
                self._tell(conversation, {"kind": "look"})
            while True:
                async for note in connection.notifies(timeout=_QUIET_SECONDS):
                    self._hear(note)
                # A connection that is cut off without a word is as quiet as one on which nothing happens.
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await connection.execute("SELECT 1")

    def _hear(self, note: psycopg.Notify) -> None:
        if note.channel == CHANNELS_CHANGED:
            self._on_channels_changed()
            return
        with contextlib.suppress(ValueError, KeyError, TypeError):
            content = json.loads(note.payload)
            conversation = UUID(content["conversation"])
            self.drafts.hear(conversation, content)
            self._tell(conversation, content)

    def _tell(self, conversation: UUID, note: Note) -> None:
        for queue in self._waiting.get(conversation, ()):
            if queue.full():
                if note["kind"] == DELTA:
                    continue  # any other note wakes the listener as well, and tells it more
                queue.get_nowait()
            queue.put_nowait(note)

    def stop(self) -> None:
        """Tell everybody who waits, now or later, that the process ends."""
        self._stopping = True
        for conversation in list(self._waiting):
            self._tell(conversation, {"kind": STOPPING})

    @property
    def listeners(self) -> int:
        """How many wait for notes."""
        return sum(len(queues) for queues in self._waiting.values())

    @contextlib.asynccontextmanager
    async def of(self, conversation: UUID) -> AsyncIterator[asyncio.Queue[Note]]:
        """The notes about a conversation from here on."""
        queue: asyncio.Queue[Note] = asyncio.Queue(_QUEUE)
        if self._stopping:
            queue.put_nowait({"kind": STOPPING})
        self._waiting[conversation].add(queue)
        try:
            yield queue
        finally:
            self._waiting[conversation].discard(queue)
            if not self._waiting[conversation]:
                del self._waiting[conversation]
