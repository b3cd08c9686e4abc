"""Channels and their bots, kept at hand: read once, and anew when the database says that they changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from adapters.database import channels
from adapters.database.channels import ChannelAccess
from adapters.database.engine import Database
from adapters.vault import Vault
from api.breaker import Breaker, is_away
from domain.ids import WorkspaceId
from domain.platforms import PlatformName


@dataclass(frozen=True)
class _Kept:
    """A channel as it was read, after so many changes of any."""

    access: ChannelAccess
    changes: int


class ChannelCache:
    """At most `most` channels; at any change all are to be read anew, which is rare beside reading.

    Until that can be done, because the database is away, a channel is taken to be as it was.
    """

    def __init__(self, database: Database, vault: Vault, breaker: Breaker, most: int = 10_000) -> None:
        self._database = database
        self._vault = vault
        self._breaker = breaker
        self._most = most
        self._kept: dict[UUID, _Kept] = {}
        self._families: dict[tuple[WorkspaceId, PlatformName], tuple[Sequence[ChannelAccess], int]] = {}
        self._changes = 0

    async def named(self, channel_id: str) -> ChannelAccess | None:
        """The channel that a path names; None when there is none, or that is no id."""
        try:
            parsed = UUID(channel_id)
        except ValueError:
            return None
        return await self.get(parsed)

    async def family(self, access: ChannelAccess) -> Sequence[ChannelAccess]:
        """All channels of this one's workspace and platform, as they were where they cannot be read anew.

        One that is made meanwhile is not among them: who misses a channel there asks for `family_now`.
        """
        kept = self._families.get((access.workspace_id, access.channel.platform))
        if kept is not None and kept[1] == self._changes:
            return kept[0]
        try:
            return await self.family_now(access)
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            if kept is None or not is_away(error):
                raise
            return kept[0]

    async def family_now(self, access: ChannelAccess) -> Sequence[ChannelAccess]:
        """The same as the database has it this moment; raises where it is away."""
        name, changes = (access.workspace_id, access.channel.platform), self._changes
        family = await self._breaker.ask(lambda: self._load_family(access))
        if len(self._families) >= self._most:
            self._families.clear()
        self._families[name] = (family, changes)
        return family

    async def get(self, channel_id: UUID) -> ChannelAccess | None:
        """The channel, from memory where it is; None when it does not exist."""
        kept = self._kept.get(channel_id)
        if kept is not None and kept.changes == self._changes:
            return kept.access
        changes = self._changes
        try:
            access = await self._breaker.ask(lambda: self._load(channel_id))
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            if kept is None or not is_away(error):
                raise
            return kept.access
        self._keep(channel_id, access, changes)
        return access

    def _keep(self, channel_id: UUID, access: ChannelAccess | None, changes: int) -> None:
        """Where something changed since this was asked for, it is read anew as well: it may be from before that."""
        if access is None:
            self._kept.pop(channel_id, None)
            return
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[channel_id] = _Kept(access, changes)

    async def _load(self, channel_id: UUID) -> ChannelAccess | None:
        async with self._database.once() as connection:
            return await channels.load(connection, self._vault, channel_id)

    async def _load_family(self, access: ChannelAccess) -> Sequence[ChannelAccess]:
        async with self._database.once() as connection:
            return await channels.load_family(connection, self._vault, access.workspace_id, access.channel.platform)

    def forget(self) -> None:
        """Read everything anew from now on, as soon as that can be done."""
        self._changes += 1
