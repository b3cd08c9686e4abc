"""Clearing: what grew, and became no reply because its turn was stopped or begun anew, is taken away again."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from structlog.stdlib import get_logger

from activities.rounds import go_round
from adapters.database import asides, channels, growing, paces
from adapters.database.engine import Database
from adapters.database.growing import Growing
from adapters.errors import Again, MessageGone, OutcomeUnknown, OutsideError
from adapters.platforms.base import Channel, Platform
from adapters.vault import KeyMissing, Vault
from domain.deliveries import SEND_DEADLINE
from domain.growing import GrowingState
from domain.paces import Meter
from domain.platforms import Guarantee, PlatformName

_AT_ONCE = 4
_EVERY_SECONDS = 1.0
_LOOK_AGAIN = timedelta(seconds=2)
_LONGEST_BACK_OFF = timedelta(minutes=1)
_MOST_ATTEMPTS = 500
"""Edits are counted as well; who cannot be told for so long keeps the message."""
_FOUND_AFTER = timedelta(minutes=3)
"""Before that a platform may rather be told to send again than what it has."""


class Clearing:
    """Takes up messages whose turns are over, a few at a time; doing it twice does no harm."""

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
        """Until cancelled, clear what is over."""
        await go_round(self.clear, _EVERY_SECONDS, "clearing_waits")

    async def clear(self) -> int:
        """One round; how many messages were taken up."""
        async with self._database.begin() as connection:
            over = await growing.take_over(connection, self._now(), _AT_ONCE)
        await asyncio.gather(*(self._end(known) for known in over))
        return len(over)

    async def _end(self, known: Growing) -> None:
        deadline = self._monotonic() + SEND_DEADLINE.total_seconds()
        try:
            async with self._database.once() as connection:
                kept = await growing.holds_its_reply(connection, known)
                access = await channels.load(connection, self._vault, known.channel_id)
            if not kept and access is not None and known.attempts < _MOST_ATTEMPTS:
                await self._take_away(access.channel, known, deadline)
        except (Again, OutcomeUnknown, KeyMissing) as error:
            await self._put_off(known, error)
            return
        except OutsideError as error:
            get_logger(__name__).warning("partial_message_stays", reason=error.reason)
        async with self._database.once() as connection:
            await growing.forget(connection, known)

    async def _take_away(self, channel: Channel, known: Growing, deadline: float) -> None:
        """Delete the message, wherever it is; raises `Again` where that has to wait."""
        platform = self._platforms[channel.platform]
        name = known.platform_message_id
        if known.state is GrowingState.SENDING:
            name = await self._found(platform, channel, known, deadline)
        if platform.changes is None or not name or known.state in (GrowingState.NOTHING, GrowingState.LOST):
            return
        place = paces.place_of(channel, platform.changes.chat_of(known.payload), Meter.CHANGES)
        if place is not None:
            async with self._database.begin() as connection:
                if not await asides.take_spare(connection, place, self._now()):
                    raise Again("answers go first", _LOOK_AGAIN)
        try:
            await platform.changes.delete(channel, known.payload, name, deadline)
        except MessageGone:
            return

    async def _found(self, platform: Platform, channel: Channel, known: Growing, deadline: float) -> str | None:
        """Where the first words stand whose sending nobody knows the end of."""
        if platform.guarantee is not Guarantee.READ_BACK:
            async with self._database.begin() as connection:
                await growing.lose(connection, known)
            return None
        if self._now() - known.created_at < _FOUND_AFTER:
            raise Again("it cannot surely be found yet", _FOUND_AFTER)
        there = await platform.find(channel, known.payload, str(known.id), known.created_at, deadline)
        return there.platform_message_id if there else None

    async def _put_off(self, known: Growing, error: Exception) -> None:
        asked = error.after if isinstance(error, Again) else None
        wait = asked or min(timedelta(seconds=2 ** min(known.attempts, 9)), _LONGEST_BACK_OFF)
        async with self._database.once() as connection:
            await growing.settle(connection, known, retry_at=self._now() + wait)
