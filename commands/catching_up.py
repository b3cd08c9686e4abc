"""Catching up: what was said in a channel's chats while no session listened, out of their histories."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from structlog.stdlib import get_logger

from adapters.errors import Again, Never, OutcomeUnknown
from adapters.platforms.base import Channel
from adapters.platforms.discord import Discord
from adapters.platforms.discord.messages import read_message
from adapters.platforms.discord.place import Newest, identity, me_of, newest_in, snowflake_at
from adapters.platforms.discord.shards import Heard, Shard
from adapters.platforms.fields import Fields, parts
from domain.events import InboundEvent

_AT_ONCE = 10
_BATCH = 100
_PAUSE = timedelta(seconds=2)
_LATE = snowflake_at(datetime(2015, 1, 1, tzinfo=UTC) + timedelta(minutes=1))
"""How much later than a newer message of another chat one may be told."""

Record = Callable[[Sequence[InboundEvent]], Awaitable[None]]
Guilds: TypeAlias = dict[str, str | None]
"""Of chats, the servers that they are in: where none is, with one person."""


class Gap:
    """What lies between the newest message that was recorded and the beginning of a shard's session.

    `heard` moves on only while nothing is missing before it. `guilds` is shared by the shards of a bot.
    """

    def __init__(self, discord: Discord, shard: Shard, heard: Heard, guilds: Guilds, record: Record) -> None:
        self.heard = heard.by(shard)
        self._newest = 0
        self._discord = discord
        self._shard = shard
        self._before = heard
        self._guilds = guilds
        self._record = record
        self._since: Heard | None = None
        self._caught: set[str] = set()
        self._awaited: set[str] = set()

    @property
    def is_closed(self) -> bool:
        """Whether every server of the bot has said what is new in it."""
        return not self._awaited

    def hear(self, snowflake: int) -> None:
        """A message was heard."""
        self.heard = self.heard_with(snowflake)
        self._newest = max(self._newest, snowflake)

    def heard_with(self, snowflake: int) -> int:
        """How far is heard once this message is."""
        return max(self.heard, self._newest, snowflake) if self.is_closed else self.heard

    async def open(self, channel: Channel, chats: Sequence[str], ready: Fields) -> None:
        """A session began: look into the chats that are known; the servers tell of theirs one by one.

        Before the very first session nothing was missed.
        """
        self._awaited = {name for guild in parts(ready, "guilds") if (name := identity(guild, "id")) is not None}
        self._caught = set()
        if not self.heard:
            self.heard = snowflake_at(datetime.now(UTC))
            return
        self._since = self._before.and_by(self._shard, self.heard)
        free = asyncio.Semaphore(_AT_ONCE)

        async def look(chat: str) -> None:
            async with free:
                await self.close(channel, chat)

        async with asyncio.TaskGroup() as group:
            for chat in chats:
                if self._may_have(chat):
                    group.create_task(look(chat))

    async def look_into(self, channel: Channel, guild: Fields) -> None:
        """A server told of its channels."""
        name = identity(guild, "id") or ""
        for listed in (*parts(guild, "channels"), *parts(guild, "threads")):
            place = newest_in(listed, name)
            if place.chat:
                await self.close(channel, place.chat, place)
        self._awaited.discard(name)

    async def close(self, channel: Channel, chat: str, place: Newest | None = None) -> None:
        """Record what was missed in one chat, if that has not been done in this session."""
        if self._since is None or not chat or chat in self._caught:
            return
        while True:
            try:
                await self._catch_up(channel, place or await self._discord.newest(channel, chat), self._since)
            except Never as error:
                get_logger(__name__).info("chat_not_caught_up", reason=error.reason)
            except (Again, OutcomeUnknown) as error:
                after = error.after if isinstance(error, Again) else None
                await asyncio.sleep((after or _PAUSE).total_seconds())
                continue
            self._caught.add(chat)
            return

    async def _catch_up(self, channel: Channel, place: Newest, heard: Heard) -> None:
        self._guilds[place.chat] = place.guild
        since = heard.within(place.guild) - _LATE
        if not self._shard.has(place.guild) or place.message <= since:
            return
        batch: list[InboundEvent] = []
        async for message in self._discord.history.after(channel, place.chat, since):
            batch.append(read_message(message, me_of(channel), place.guild))
            if len(batch) == _BATCH:
                await self._record(batch)
                batch = []
        if batch:
            await self._record(batch)

    def _may_have(self, chat: str) -> bool:
        """Whether a chat may be one of the shard's: of most chats only asking for them tells."""
        return chat not in self._guilds or self._shard.has(self._guilds[chat])
