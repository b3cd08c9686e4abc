"""The channels of the workspace, and what was said in them."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field

from simulator.slack.refusals import Refused
from simulator.wire import JSON, Object

KEPT_MESSAGES = 10_000


class Clock:
    """Gives each message a time that no other one has: seconds, and six digits."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """The next `ts`."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


@dataclass
class Channel:
    """One channel, group or conversation between two; `refusal` is the error that whoever posts there meets."""

    id: str
    refusal: str | None = None
    messages: OrderedDict[str, Object] = field(default_factory=OrderedDict)
    statuses: dict[str, str] = field(default_factory=dict)
    """What bots are said to do in threads, by the threads' `ts`; a message there ends it."""

    @property
    def type(self) -> str:
        """Told by the id's first letter."""
        return {"D": "im", "G": "group"}.get(self.id[:1], "channel")

    @property
    def history_scope(self) -> str:
        """What a token needs to read here."""
        return {"im": "im:history", "group": "groups:history"}.get(self.type, "channels:history")

    def keep(self, message: Object) -> None:
        """Remember a message, new or changed, under its `ts`."""
        self.messages[str(message["ts"])] = message
        while len(self.messages) > KEPT_MESSAGES:
            self.messages.popitem(last=False)

    def say_status(self, thread: str, status: str) -> None:
        """Say what a bot does in a thread; nothing any longer with empty words."""
        self.statuses = {**self.statuses, thread: status}
        self.statuses = {ts: said for ts, said in self.statuses.items() if said}

    def outside_threads(self) -> list[JSON]:
        """What the channel shows, oldest first."""
        return [item for item in self.messages.values() if item.get("thread_ts") in (None, item["ts"])]

    def in_thread(self, ts: str) -> list[JSON]:
        """A message and the answers to it, oldest first; refused where nobody said it."""
        found: list[JSON] = [item for item in self.messages.values() if ts in (item["ts"], item.get("thread_ts"))]
        if not found:
            raise Refused("thread_not_found")
        return found


class Channels:
    """Every channel, made at its first mention."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._channels: dict[str, Channel] = {}

    def channel(self, channel_id: str) -> Channel:
        """The channel, whatever it refuses."""
        return self._channels.setdefault(channel_id, Channel(channel_id))

    def find(self, channel_id: str) -> Channel:
        """The channel, if a bot may know of it."""
        if channel_id[:1] not in ("C", "D", "G"):
            raise Refused("channel_not_found")
        channel = self.channel(channel_id)
        if channel.refusal == "channel_not_found":
            raise Refused(channel.refusal)
        return channel

    def writable(self, channel_id: str) -> Channel:
        """The channel, if a bot may post there."""
        channel = self.find(channel_id)
        if channel.refusal:
            raise Refused(channel.refusal)
        return channel


def direct(user: str) -> str:
    """The id of the conversation between the bot and a person."""
    return f"D{user[1:]}"
