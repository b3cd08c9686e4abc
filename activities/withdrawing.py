"""Withdrawing: what a platform shows while an answer is awaited is taken away where none comes."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from structlog.stdlib import get_logger

from activities.rounds import go_round
from adapters.database import channels, promises
from adapters.database.engine import Database
from adapters.database.promises import FORGOTTEN_AFTER, Promise
from adapters.errors import Again, OutcomeUnknown, OutsideError
from adapters.platforms.base import Platform, Promising, promising
from adapters.vault import KeyMissing, Vault
from domain.deliveries import SEND_DEADLINE, backed_off
from domain.platforms import PlatformName

_AT_ONCE = 4
_EVERY_SECONDS = 1.0


class Withdrawing:
    """Takes up promises that nobody keeps, a few at a time; doing it twice does no harm."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._vault = vault
        self._platforms = platforms
        self._now = now
        self._monotonic = monotonic

    async def run(self) -> None:
        """Until cancelled, withdraw what is over."""
        await go_round(self.withdraw, _EVERY_SECONDS, "withdrawing_waits")

    async def withdraw(self) -> int:
        """One round; how many promises were taken up."""
        async with self._database.begin() as connection:
            claimed = await promises.claim(connection, self._now(), _AT_ONCE)
        await asyncio.gather(*(self._end(promise) for promise in claimed))
        return len(claimed)

    async def _end(self, promise: Promise) -> None:
        try:
            async with self._database.once() as connection:
                access = await channels.load(connection, self._vault, promise.channel_id)
            able = promising(self._platforms[access.channel.platform]) if access else None
            if access is not None and able is not None:
                if not await self._let_go(able, promise):
                    return
                deadline = self._monotonic() + SEND_DEADLINE.total_seconds()
                await able.withdraw(access.channel, promise.answer_by, deadline)
        except (Again, OutcomeUnknown, KeyMissing) as error:
            await self._put_off(promise, error)
            return
        except OutsideError as error:
            get_logger(__name__).warning("promise_not_withdrawn", reason=error.reason)
        async with self._database.once() as connection:
            await promises.forget(connection, promise)

    async def _let_go(self, platform: Promising, promise: Promise) -> bool:
        async with self._database.begin() as connection:
            return await promises.let_go(connection, promise, platform.answered_by(promise.answer_by), self._now())

    async def _put_off(self, promise: Promise, error: Exception) -> None:
        """Try again later, as long as anything can show."""
        now = self._now()
        asked = error.after if isinstance(error, Again) else None
        async with self._database.once() as connection:
            if now - promise.begun_at >= FORGOTTEN_AFTER:
                await promises.forget(connection, promise)
            else:
                await promises.postpone(connection, promise, now + (asked or backed_off(promise.attempts)))
