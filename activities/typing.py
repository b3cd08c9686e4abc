"""Typing: while the model works, the contact sees that an answer is in the making."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from activities.signs import Signs, show
from adapters.database.engine import Database
from adapters.database.notifications import conversation_changed
from adapters.database.transcripts import TurnContext
from adapters.errors import OutsideError
from adapters.platforms.base import Channel, Destination, Platform
from adapters.platforms.typing import typing_every
from domain.platforms import Guarantee, PlatformName

AFTER_SECONDS = 0.5
"""Shorter work shows no typing: it would only flicker."""
_OWN_EVERY_SECONDS = 5.0


class Typing:
    """Shows typing on a conversation's platform, again and again as the platform needs it."""

    def __init__(
        self, database: Database, platforms: Mapping[PlatformName, Platform], signs: Signs | None = None
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._signs = signs

    @asynccontextmanager
    async def shown(self, context: TurnContext, conversation_id: UUID) -> AsyncIterator[None]:
        """Typing is shown until the block ends; where that gave nothing to say, it is taken away."""
        begun = asyncio.Event()
        task = asyncio.create_task(self._keep_showing(context, conversation_id, begun))
        gave = False
        try:
            yield
            gave = True
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            if begun.is_set() and not gave and self._signs:
                self._signs.still(context.access.channel, context.destination)

    async def _keep_showing(self, context: TurnContext, conversation_id: UUID, begun: asyncio.Event) -> None:
        platform = self._platforms[context.access.channel.platform]
        ours = platform.guarantee is Guarantee.TRANSACTION
        every = _OWN_EVERY_SECONDS if ours else typing_every(platform, context.destination)
        await asyncio.sleep(AFTER_SECONDS)
        while every and context.access.problem is None:
            try:
                if ours:
                    async with self._database.begin() as connection:
                        await conversation_changed(connection, conversation_id, "typing")
                else:
                    await self._show(platform, context, begun)
            except (OutsideError, SQLAlchemyError) as error:
                get_logger(__name__).debug("typing_not_shown", kind=type(error).__name__)
            await asyncio.sleep(every)

    async def _show(self, platform: Platform, context: TurnContext, begun: asyncio.Event) -> None:
        async def call(channel: Channel, destination: Destination) -> None:
            begun.set()
            await platform.show_typing(channel, destination)
            if self._signs:
                self._signs.note_read(channel, destination)

        await show(self._database, call, context.access.channel, context.destination)
