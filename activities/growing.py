"""Growing: while the model answers, the contact's platform shows what it has said so far, as far as it may be shown."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from activities.partials import Partials, Progress
from adapters.ai.base import Listener
from adapters.database import replies
from adapters.database.budgets import Call
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.platforms.base import Destination, Payload, Platform
from domain.drafts import shown
from domain.growing import may_grow, whole_words
from domain.platforms import PlatformName
from domain.turns import TurnRef

_LEAVE_SECONDS = 1.0


class Growth:
    """Shows answers that grow, on platforms whose messages can be edited."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._partials = Partials(database, platforms, now, monotonic)
        self._running: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def shown(self, call: Call, ref: TurnRef, context: TurnContext) -> AsyncIterator[Listener | None]:
        """What listens to the model until the block ends; None where nothing is shown before all is said."""
        platform = self._platforms[context.access.channel.platform]
        every = platform.growing_every
        place = await self._place(call, ref, context) if every else None
        if not every or place is None:
            yield None
            return
        answer = _Answer(self._partials, platform, call, context, place)
        growing = asyncio.create_task(answer.keep_growing(every))
        self._running.add(growing)
        growing.add_done_callback(self._forget)
        try:
            yield answer
        finally:
            answer.end()
            # A call is not cut in two: what is under way after this has its lease, which the whole answer waits for.
            await asyncio.wait({growing}, timeout=_LEAVE_SECONDS)

    def _forget(self, growing: asyncio.Task[None]) -> None:
        self._running.discard(growing)
        failed = None if growing.cancelled() else growing.exception()
        if failed is not None:
            # Not the answer's fault, nor its end: it is delivered whole.
            get_logger(__name__).error("answer_not_shown", kind=type(failed).__name__)

    async def _place(self, call: Call, ref: TurnRef, context: TurnContext) -> Destination | None:
        """Where the answer goes; None where it comes whole: also what is answered by a token of the platform's."""
        if context.access.problem or not may_grow(context.access.bot, verdict_due=ref.verdict_due):
            return None
        async with self._database.once() as connection:
            place = await replies.answering(connection, call.turn_id, context.destination)
        return None if place.answer_by else place


class _Answer:
    """What the model has said in this attempt, and how much of it was shown."""

    def __init__(
        self, partials: Partials, platform: Platform, call: Call, context: TurnContext, place: Destination
    ) -> None:
        self._partials = partials
        self._platform = platform
        self._call = call
        self._channel = context.access.channel
        self._moderation = context.access.bot.moderation
        self._place = place
        self._said: list[str] = []
        self._is_full = False
        self._payload: Payload | None = None
        self._news = asyncio.Event()
        self._ended = asyncio.Event()

    def begin(self) -> None:
        """What was said so far does not count; what is shown of it is replaced."""
        self._said, self._is_full = [], False

    def hear(self, piece: str) -> None:
        """The next words."""
        self._said.append(piece)
        self._news.set()

    def end(self) -> None:
        """Nothing more is shown."""
        self._ended.set()
        self._news.set()

    async def keep_growing(self, every: float) -> None:
        """Show what is new, again and again until the end; an answer that is given at once comes whole."""
        while await self._news.wait() and not self._ended.is_set():
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await self._ended.wait()
            if self._ended.is_set():
                return
            try:
                await self._grow()
            except SQLAlchemyError as error:
                get_logger(__name__).debug("answer_not_shown", kind=type(error).__name__)

    async def _grow(self) -> None:
        if self._is_full:
            return
        said = self._said
        parts = self._platform.render(whole_words(shown("".join(said), self._moderation)), self._place)
        if not parts or parts[0] == self._payload:
            return
        progress = await self._partials.show(self._call, self._channel, self._place.chat, parts[0])
        if progress is Progress.OVER:
            self.end()
        elif progress is Progress.LATER:
            self._news.set()
        else:
            self._payload = parts[0]
            self._is_full = len(parts) > 1 and said is self._said
