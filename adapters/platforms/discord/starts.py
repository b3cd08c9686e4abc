"""When a bot's sessions may begin: one in five seconds in each bucket, and only so many a day.

Whoever begins more of them than a day allows loses the bot's token, so the last ones are left alone.
Source: https://discord.com/developers/docs/events/gateway#session-start-limit-object
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta

from structlog.stdlib import BoundLogger

from adapters.errors import Unreachable
from adapters.platforms.discord.shards import MAX_SHARDS
from adapters.platforms.fields import Fields, count, part, reference
from domain.models import Frozen

APART = timedelta(seconds=5.5)
"""Between two sessions of one bucket: five seconds, and what the second may be faster on its way."""
_TOTAL = 1000
_KEPT_PART = 20
_BELIEVED = timedelta(minutes=1)
_LOOK_AGAIN = timedelta(minutes=10)
_MARGIN = timedelta(seconds=1)


class Terms(Frozen):
    """What Discord says of a bot's connections: where and how many, and which sessions may still begin."""

    url: str
    shards: int = 1
    total: int = _TOTAL
    remaining: int = _TOTAL
    reset_after: timedelta = timedelta()
    concurrency: int = 1

    @property
    def kept(self) -> int:
        """How many starts of a day are left to people and to accidents."""
        return max(1, self.total // _KEPT_PART)

    def bucket(self, shard: int) -> int:
        """Whose sessions begin one after another."""
        return shard % self.concurrency


def read_terms(told: Fields) -> Terms:
    """The answer of `/gateway/bot`; raises `Unreachable` for one that names no gateway."""
    limit, url = part(told, "session_start_limit"), reference(told, "url")
    if url is None:
        raise Unreachable("Discord names no gateway; check DISCORD_API_URL")
    total = count(limit, "total") or _TOTAL
    remaining, milliseconds = count(limit, "remaining"), count(limit, "reset_after") or 0
    return Terms(
        url=url,
        shards=min(max(1, count(told, "shards") or 1), MAX_SHARDS),
        total=total,
        remaining=total if remaining is None else remaining,
        reset_after=min(timedelta(milliseconds=min(milliseconds, 10**12)), timedelta(days=1)),
        concurrency=max(1, count(limit, "max_concurrency") or 1),
    )


class Turn:
    """Leave to begin one session at `url`; `use` says that it was asked for, `end` that nothing more is."""

    def __init__(self, url: str, used: Callable[[], None], ended: Callable[[], None]) -> None:
        self.url = url
        self._used = used
        self._ended = ended
        self._state = "open"

    def use(self) -> None:
        """The session was asked for: the next one of the bucket may be in five seconds."""
        if self._state == "open":
            self._state = "used"
            self._used()

    def end(self) -> None:
        """Give the leave back, if it was not used."""
        if self._state == "open":
            self._state = "ended"
            self._ended()


class Starts:
    """Gives the shards of one bot leave to begin sessions."""

    def __init__(self, ask: Callable[[], Awaitable[Terms]], log: BoundLogger) -> None:
        self._ask = ask
        self._log = log
        self._clock = asyncio.get_running_loop().time
        self._terms: Terms | None = None
        self._asked_at = 0.0
        self._left = 0
        self._asking = asyncio.Lock()
        self._buckets: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._free_at: dict[int, float] = {}

    async def terms(self) -> Terms:
        """What Discord says now."""
        self._terms = await self._ask()
        self._asked_at, self._left = self._clock(), self._terms.remaining
        return self._terms

    async def turn(self, shard: int) -> Turn:
        """Wait for leave; whoever got it holds up the others of its bucket until it is used or given back."""
        bucket = (await self._believed()).bucket(shard)
        lock = self._buckets[bucket]
        await lock.acquire()
        try:
            await asyncio.sleep(self._free_at.get(bucket, 0.0) - self._clock())
            url = await self._take_one()
        except BaseException:
            lock.release()
            raise

        def used() -> None:
            self._free_at[bucket] = self._clock() + APART.total_seconds()
            lock.release()

        def ended() -> None:
            self._left += 1
            lock.release()

        return Turn(url, used, ended)

    async def _take_one(self) -> str:
        """One start of those that the day still has; waits for another day rather than to take the last ones."""
        async with self._asking:
            terms = await self._believed()
            while self._left <= terms.kept:
                wait = min(terms.reset_after + _MARGIN, _LOOK_AGAIN)
                self._log.error(
                    "session_starts_spent",
                    remaining=self._left,
                    seconds=wait.total_seconds(),
                    remedy="Wait: Discord takes the token from a bot that begins more sessions than a day allows.",
                )
                await asyncio.sleep(wait.total_seconds())
                terms = await self.terms()
            self._left -= 1
            return terms.url

    async def _believed(self) -> Terms:
        is_fresh = self._clock() - self._asked_at < _BELIEVED.total_seconds()
        return self._terms if self._terms is not None and is_fresh else await self.terms()
