"""Drafting: while the model answers, the page shows what it has said so far, as far as it may be shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.ai.base import Listener
from adapters.database import drafts
from adapters.database.budgets import Call
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from domain.bots import Moderation
from domain.drafts import may_be_shown, shown
from domain.platforms import PlatformName
from domain.turns import TurnRef

EVERY_SECONDS = 0.1
"""The first words go out at once; ten times a second reads as a flow, and costs half of what twenty do."""
_LEAVE_SECONDS = 1.0


class Drafting:
    """Shows drafts on our own page: no other platform takes them from us."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def shown(self, call: Call, ref: TurnRef, context: TurnContext) -> AsyncIterator[Listener | None]:
        """What listens to the model until the block ends; None where nothing may be shown before all is said."""
        moderation = context.access.bot.moderation
        on_page = context.access.channel.platform is PlatformName.WEBCHAT
        if not on_page or not may_be_shown(moderation, verdict_due=ref.verdict_due):
            yield None
            return
        draft = _Draft(self._database, call, ref.turn, moderation)
        showing = asyncio.create_task(draft.keep_showing())
        try:
            yield draft
        finally:
            draft.end()
            # What is on its way arrives before the answer is stored: it would be taken for a draft of the next turn.
            await asyncio.wait({showing}, timeout=_LEAVE_SECONDS)
            showing.cancel()
            # Not its result: whatever a draft fails with, the answer is there, and paid for.
            await asyncio.wait({showing})


class _Draft:
    """What the model has said in this attempt, and how much of it was told."""

    def __init__(self, database: Database, call: Call, turn: int, moderation: Moderation) -> None:
        self._database = database
        self._call = call
        self._turn = turn
        self._moderation = moderation
        self._said: list[str] = []
        self._told = 0
        self._news = asyncio.Event()
        self._ended = asyncio.Event()

    def begin(self) -> None:
        """What was said so far does not count."""
        self._said, self._told = [], 0

    def hear(self, piece: str) -> None:
        """The next words."""
        self._said.append(piece)
        self._news.set()

    def end(self) -> None:
        """Nothing more is told."""
        self._ended.set()
        self._news.set()

    async def keep_showing(self) -> None:
        """Tell the page what is new, again and again, until the end."""
        while await self._news.wait() and not self._ended.is_set():
            self._news.clear()
            await self._tell()
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._ended.wait()

    async def _tell(self) -> None:
        said = self._said
        text = shown("".join(said), self._moderation)
        if len(text) <= self._told:
            return
        try:
            async with self._database.once() as connection:
                told = await drafts.tell(connection, self._call, self._turn, self._told, text[self._told :])
        except SQLAlchemyError as error:
            get_logger(__name__).debug("draft_not_shown", kind=type(error).__name__)
            return
        if not told:
            self.end()
        elif said is self._said:  # else a model began anew meanwhile
            self._told = len(text)
