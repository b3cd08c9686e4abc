"""Which sessions a bot may begin: how many a day, how fast, and as how many shards.

Source: https://discord.com/developers/docs/events/gateway#sharding
"""

import time
from dataclasses import dataclass, field

from simulator.wire import JSON, Object

DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Shard:
    """One of a bot's connections."""

    number: int = 0
    of: int = 1

    def has(self, guild: str | None) -> bool:
        """Whether it is told of a guild; the first one is told of what is in none."""
        return self.number == ((int(guild) >> 22) % self.of if guild else 0)


def shard_of(told: JSON) -> Shard | None:
    """The shard that an Identify names, the only one if it names none; None for one that cannot be."""
    if told is None:
        return Shard()
    match told:
        case [int(number), int(of)] if 0 <= number < of:
            return Shard(number, of)
    return None


@dataclass
class Starts:
    """The session start limit of a bot; whoever goes beyond it loses the token."""

    shards: int = 1
    guilds_per_shard: int = 2500
    max_concurrency: int = 1
    seconds_apart: float = 5.0
    total: int = 1000
    remaining: int = 1000
    begun: list[JSON] = field(default_factory=list)
    _reset_at: float = field(default_factory=lambda: time.monotonic() + DAY_SECONDS)
    _begun_at: dict[int, float] = field(default_factory=dict)

    def limit(self, remaining: int, reset_after_seconds: float) -> None:
        """Have only so many left, until so late."""
        self.remaining, self._reset_at = remaining, time.monotonic() + reset_after_seconds

    def describe(self) -> Object:
        """As `/gateway/bot` tells it."""
        if time.monotonic() >= self._reset_at:
            self.limit(self.total, DAY_SECONDS)
        milliseconds = int(1000 * (self._reset_at - time.monotonic()))
        limit: Object = {"total": self.total, "remaining": self.remaining, "reset_after": milliseconds}
        return {"shards": self.shards, "session_start_limit": {**limit, "max_concurrency": self.max_concurrency}}

    def take(self) -> bool:
        """Count one start; whether there was one left."""
        self.describe()
        self.remaining -= 1
        return self.remaining >= 0

    def is_in_time(self, shard: Shard) -> bool:
        """Whether the bucket of a shard is free, which is taken by that."""
        bucket, now = shard.number % self.max_concurrency, time.monotonic()
        is_free = now - self._begun_at.get(bucket, -DAY_SECONDS) >= self.seconds_apart
        if is_free:
            self._begun_at[bucket] = now
        self.begun.append({"shard": [shard.number, shard.of], "in_time": is_free})
        return is_free
