"""Typing: while the model works, the contact sees that an answer is in the making."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database import asides, paces
from adapters.database.engine import Database
from adapters.database.notifications import conversation_changed
from adapters.database.transcripts import TurnContext
from adapters.errors import ChatRateLimited, OutsideError, RateLimited
from adapters.platforms.base import Platform
from domain.paces import Aside
from domain.platforms import Guarantee, PlatformName

AFTER_SECONDS = 0.5
"""Shorter work shows no typing: it would only flicker."""
_OWN_EVERY_SECONDS = 5.0


class Typing:
    """Shows typing on a conversation's platform, again and again as the platform needs it."""

    def __init__(self, database: Database, platforms: Mapping[PlatformName, Platform]) -> None:
        self._database = database
        self._platforms = platforms

    @asynccontextmanager
    async def shown(self, context: TurnContext, conversation_id: UUID) -> AsyncIterator[None]:
        """Typing is shown until the block ends."""
        task = asyncio.create_task(self._keep_showing(context, conversation_id))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_showing(self, context: TurnContext, conversation_id: UUID) -> None:
        platform = self._platforms[context.access.channel.platform]
        ours = platform.guarantee is Guarantee.TRANSACTION
        every = _OWN_EVERY_SECONDS if ours else platform.typing_every
        await asyncio.sleep(AFTER_SECONDS)
        while every and context.access.problem is None:
            try:
                if ours:
                    async with self._database.begin() as connection:
                        await conversation_changed(connection, conversation_id, "typing")
                else:
                    await self._show(platform, context)
            except (OutsideError, SQLAlchemyError) as error:
                get_logger(__name__).debug("typing_not_shown", kind=type(error).__name__)
            await asyncio.sleep(every)

    async def _show(self, platform: Platform, context: TurnContext) -> None:
        """Typing at the platform's pace: left out where a reply may need the room, or the platform asked to wait."""
        channel, now = context.access.channel, datetime.now(UTC)
        place = paces.place_of(channel, context.destination.chat)
        if place is not None:
            async with self._database.begin() as connection:
                if await asides.permit(connection, place, Aside.TYPING, now) > now:
                    return
        try:
            await platform.show_typing(channel, context.destination)
        except RateLimited as error:
            if place is not None and error.after is not None:
                until, whole = datetime.now(UTC) + error.after, not isinstance(error, ChatRateLimited)
                async with self._database.begin() as connection:
                    await asides.hold(connection, place, until, whole=whole)
            raise
