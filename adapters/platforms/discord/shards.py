"""How a bot's servers are dealt to its connections, the shards, and how far each of those was heard.

Source: https://discord.com/developers/docs/events/gateway#sharding
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from adapters.platforms.base import Channel
from adapters.platforms.fields import count
from domain.models import Frozen

SHARDS_SETTING = "shards"
MAX_SHARDS = 1000
_TIME_BITS = 22


class Shard(Frozen):
    """One of a bot's connections: it is told of some of the servers, the first one of direct messages too."""

    number: int = 0
    of: int = 1

    def has(self, guild: str | None) -> bool:
        """Whether this shard is told of a server; without one, of direct messages."""
        return self.number == ((int(guild) >> _TIME_BITS) % self.of if guild else 0)


@dataclass(frozen=True)
class Heard:
    """Up to which message nothing is missing in the servers of a shard, as a snowflake.

    What is so of shards of another number is so all the same, and tells more of a server where it is later.
    """

    up_to: Mapping[Shard, int]

    def by(self, shard: Shard) -> int:
        """What is so of all servers of a shard; nothing, 0, where none was ever heard."""
        return self.up_to.get(shard) or min(self.up_to.values(), default=0)

    def within(self, guild: str | None) -> int:
        """What is so of a server, or without one of direct messages."""
        return max((heard for shard, heard in self.up_to.items() if shard.has(guild)), default=0)

    def and_by(self, shard: Shard, heard: int) -> "Heard":
        """The same with what is so of one shard now."""
        return Heard({**self.up_to, shard: heard})


def wanted_shards(channel: Channel) -> int | None:
    """The number of shards that the channel's owner set; None for as many as Discord recommends."""
    return count(channel.settings, SHARDS_SETTING) or None


def is_number_of_shards(value: JsonValue) -> bool:
    """Whether a setting can be followed."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_SHARDS
