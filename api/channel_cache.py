"""Channels and their bots, kept at hand: read once, dropped when the database says that they changed."""

from uuid import UUID

from adapters.database import channels
from adapters.database.channels import ChannelAccess
from adapters.database.engine import Database
from adapters.vault import Vault
from api.budgets import in_time


class ChannelCache:
    """At most `most` channels; all are forgotten at any change, which is rare beside reading."""

    def __init__(self, database: Database, vault: Vault, most: int = 10_000) -> None:
        self._database = database
        self._vault = vault
        self._most = most
        self._kept: dict[UUID, ChannelAccess] = {}

    async def named(self, channel_id: str) -> ChannelAccess | None:
        """The channel that a path names; None when there is none, or that is no id."""
        try:
            parsed = UUID(channel_id)
        except ValueError:
            return None
        return await self.get(parsed)

    async def get(self, channel_id: UUID) -> ChannelAccess | None:
        """The channel, from memory where it is; None when it does not exist."""
        if channel_id in self._kept:
            return self._kept[channel_id]
        kept = self._kept
        access = await in_time(self._load(channel_id))
        if access is not None:
            if len(kept) >= self._most:
                kept.clear()
            # Where everything was forgotten meanwhile, this goes with the rest: it may have been read before.
            kept[channel_id] = access
        return access

    async def _load(self, channel_id: UUID) -> ChannelAccess | None:
        async with self._database.once() as connection:
            return await channels.load(connection, self._vault, channel_id)

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._kept = {}
