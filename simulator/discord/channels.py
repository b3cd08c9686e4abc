"""The channels, what was said in them, and the nonces by which a repeated send is known."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from simulator.discord.refusals import Refused
from simulator.wire import JSON, Object

KEPT_MESSAGES = 10_000
NONCE_SECONDS = 180.0
EPOCH_MILLISECONDS = 1_420_070_400_000


class Clock:
    """Gives everything an id that tells its time and that nothing else has."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """The next snowflake."""
        self._last = max(self._last + 1, (time.time_ns() // 1_000_000 - EPOCH_MILLISECONDS) << 22)
        return str(self._last)

    def seconds(self) -> float:
        """The monotonic clock, by which nonces grow old."""
        return time.monotonic()


@dataclass
class Channel:
    """One channel, or the conversation of a bot with somebody, which belongs to no guild.

    `refusal` is the code that whoever posts there meets; a hidden history is empty for whoever reads it.
    """

    id: str
    guild: str | None = None
    refusal: int | None = None
    hides_history: bool = False
    messages: OrderedDict[str, Object] = field(default_factory=OrderedDict)
    nonces: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)

    def keep(self, message: Object) -> None:
        """Remember a message, new or changed."""
        self.messages[str(message["id"])] = message
        while len(self.messages) > KEPT_MESSAGES:
            self.messages.popitem(last=False)

    def repeated(self, author: str, nonce: str, within_seconds: float) -> Object | None:
        """The message that this author sent with this nonce a short while ago."""
        found = self.nonces.get((author, nonce))
        if found is None or time.monotonic() - found[0] > within_seconds:
            return None
        return self.messages.get(found[1])

    def describe(self) -> Object:
        """The channel as the gateway tells of it."""
        last = next(reversed(self.messages), None)
        kind = 0 if self.guild else 1
        return {"id": self.id, "type": kind, "name": "simulated", "last_message_id": last, **self.place}

    @property
    def place(self) -> Object:
        """The guild that it is in."""
        return {"guild_id": self.guild} if self.guild else {}


class Channels:
    """Every channel that was spoken of; others do not exist."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.nonce_seconds = NONCE_SECONDS
        self._channels: dict[str, Channel] = {}

    def channel(self, name: str, guild: str | None = None) -> Channel:
        """A channel, made at its first mention by those who write."""
        return self._channels.setdefault(name, Channel(name, guild))

    def find(self, name: str) -> Channel:
        """A channel as a bot finds it."""
        channel = self._channels.get(name)
        if channel is None:
            raise Refused(10003)
        return channel

    def drop(self, name: str) -> None:
        """A channel is deleted."""
        self._channels.pop(name, None)

    def of_guilds(self) -> dict[str, list[Channel]]:
        """The channels of each guild."""
        guilds: dict[str, list[Channel]] = {}
        for channel in self._channels.values():
            if channel.guild is not None:
                guilds.setdefault(channel.guild, []).append(channel)
        return guilds


def direct(bot: str, user: str) -> str:
    """The id of the conversation between a bot and somebody."""
    return str(10**17 + int(sha256(f"{bot}:{user}".encode()).hexdigest()[:12], 16))


def written(channel: Channel, name: str, author: Object, content: str, **more: JSON) -> Object:
    """A message."""
    return {
        "id": name,
        "channel_id": channel.id,
        **channel.place,
        "type": 0,
        "author": author,
        "content": content,
        "timestamp": datetime.now(UTC).isoformat(),
        "edited_timestamp": None,
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "attachments": [],
        "embeds": [],
        "components": [],
        "flags": 0,
        **more,
    }
