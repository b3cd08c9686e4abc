"""Signs: what was answered is shown as read, and typing that led to nothing ends, behind all that is said."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database import asides, paces
from adapters.database.engine import Database
from adapters.errors import ChatRateLimited, OutsideError, RateLimited
from adapters.platforms.base import Channel, Destination, Platform
from adapters.platforms.signs import marking, stilling
from domain.paces import Aside
from domain.platforms import PlatformName

_AT_ONCE = 4
_SECONDS = 10.0
_MOST_WAITING = 1000
"""Where platforms are that slow, signs are left out."""
_MOST_REMEMBERED = 10_000
_Call: TypeAlias = Callable[[Channel, Destination], Awaitable[None]]


class Signs:
    """Shows signs a few at a time; nobody waits for one, and one that fails is left out."""

    def __init__(self, database: Database, platforms: Mapping[PlatformName, Platform]) -> None:
        self._database = database
        self._platforms = platforms
        self._waiting: asyncio.Queue[tuple[_Call, Channel, Destination]] = asyncio.Queue(_MOST_WAITING)
        self._read: OrderedDict[tuple[UUID, str], str | None] = OrderedDict()

    def note_read(self, channel: Channel, destination: Destination) -> None:
        """What was heard there is shown as read already."""
        self._read[channel.id, destination.chat] = destination.heard
        self._read.move_to_end((channel.id, destination.chat))
        while len(self._read) > _MOST_REMEMBERED:
            self._read.popitem(last=False)

    def read(self, channel: Channel, destination: Destination) -> None:
        """Show what was answered as read, where that was not done before."""
        able = marking(self._platforms[channel.platform])
        known = destination.heard is not None and self._read.get((channel.id, destination.chat)) == destination.heard
        if able and not known:
            self.note_read(channel, destination)
            self._add(able.mark_read, channel, destination)

    def still(self, channel: Channel, destination: Destination) -> None:
        """End the typing that was shown."""
        able = stilling(self._platforms[channel.platform])
        if able:
            self._add(able.end_typing, channel, destination)

    async def run(self) -> None:
        """Until cancelled, show what waits."""
        await asyncio.gather(*(self._show() for _ in range(_AT_ONCE)))

    def _add(self, call: _Call, channel: Channel, destination: Destination) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait((call, channel, destination))

    async def _show(self) -> None:
        while True:
            call, channel, destination = await self._waiting.get()
            try:
                async with asyncio.timeout(_SECONDS):
                    await show(self._database, call, channel, destination)
            except (OutsideError, SQLAlchemyError, OSError, TimeoutError) as error:
                get_logger(__name__).debug("sign_not_shown", kind=type(error).__name__)


async def show(database: Database, call: _Call, channel: Channel, destination: Destination) -> None:
    """A sign at the platform's pace: left out where a reply may need the room, or the platform asked to wait."""
    place = paces.place_of(channel, destination.chat)
    if place is not None:
        async with database.begin() as connection:
            now = datetime.now(UTC)
            if await asides.permit(connection, place, Aside.TYPING, now) > now:
                return
    try:
        await call(channel, destination)
    except RateLimited as error:
        if place is not None and error.after is not None:
            until, whole = datetime.now(UTC) + error.after, not isinstance(error, ChatRateLimited)
            async with database.begin() as connection:
                await asides.hold(connection, place, until, whole=whole)
        raise
