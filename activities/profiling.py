"""Profiling: who contacts are is asked of their platform, beside the turns and never in their way."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from activities.rounds import go_round
from adapters.database import channels, profiles
from adapters.database.engine import Database
from adapters.database.profiles import Wanted
from adapters.errors import Again, CredentialsRefused, Never, NotPermitted, OutsideError, RateLimited
from adapters.platforms.base import Platform, profiling
from adapters.vault import KeyMissing, Vault
from domain.platforms import PlatformName
from domain.profiles import Profile, wait_after

_AT_ONCE = 4
_EVERY_SECONDS = 1.0
_ASK_SECONDS = 20.0
_SILENT_FOR = timedelta(hours=1)
"""How long a channel is left alone that may not ask."""
_MOST_SILENT = 10_000


class Profiling:
    """Asks for what is due, a few contacts at a time; to be answered twice is as good as once."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._vault = vault
        self._platforms = platforms
        self._now = now
        self._silent: dict[UUID, datetime] = {}

    async def run(self) -> None:
        """Until cancelled, ask for what is due."""
        await go_round(self.ask_due, _EVERY_SECONDS, "profiling_waits")

    async def ask_due(self) -> int:
        """One round; how many profiles were taken up."""
        async with self._database.begin() as connection:
            due = await profiles.claim(connection, self._now(), _AT_ONCE)
        await asyncio.gather(*(self._learn(wanted) for wanted in due))
        return len(due)

    async def _learn(self, wanted: Wanted) -> None:
        silent_until = self._silent.get(wanted.channel_id)
        if silent_until and silent_until > self._now():
            async with self._database.begin() as connection:
                await profiles.postpone(connection, wanted.id, silent_until)
            return
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                found = await self._asked(wanted)
        except TimeoutError:
            await self._put_off(wanted, None)
        except OutsideError as error:
            await self._put_off(wanted, error)
        except (SQLAlchemyError, KeyMissing) as error:
            # The lease runs out, and the next attempt finds the same.
            get_logger(__name__).warning("profile_waits", contact=str(wanted.id), error=type(error).__name__)
        else:
            async with self._database.begin() as connection:
                await profiles.keep(connection, wanted.id, found, self._now())

    async def _asked(self, wanted: Wanted) -> Profile:
        async with self._database.once() as connection:
            access = await channels.load(connection, self._vault, wanted.channel_id)
        able = profiling(self._platforms.get(access.channel.platform)) if access else None
        if access is None or able is None:
            return Profile()
        return await able.profile(access.channel, wanted.external_id)

    async def _put_off(self, wanted: Wanted, error: OutsideError | None) -> None:
        """Ask again later, or not for days; what is not learnt does not concern the conversation."""
        get_logger(__name__).info(
            "profile_not_learnt", contact=str(wanted.id), reason=error.reason if error else "slow"
        )
        now = self._now()
        asked = error.after if isinstance(error, Again) else None
        if isinstance(error, NotPermitted | CredentialsRefused | RateLimited):
            self._leave_alone(wanted.channel_id, now + (asked or _SILENT_FOR))
        wait = None if isinstance(error, Never) else wait_after(wanted.attempts, asked)
        async with self._database.begin() as connection:
            if wait is None:
                await profiles.give_up(connection, wanted.id, now)
            else:
                await profiles.postpone(connection, wanted.id, now + wait)

    def _leave_alone(self, channel_id: UUID, until: datetime) -> None:
        while len(self._silent) >= _MOST_SILENT:
            self._silent.pop(next(iter(self._silent)))
        self._silent[channel_id] = until
