"""`chat-orchestrator gateway`: holds the connections that we open ourselves: Telegram's polling, Discord's gateway."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database import channel_problems, channels
from adapters.database.channels import ChannelAccess, credentials_vault
from adapters.platforms.catalogue import http_client
from adapters.platforms.discord import Discord
from adapters.platforms.telegram import Telegram
from adapters.processes.interruption import Interruption
from adapters.temporal.client import connect
from adapters.temporal.handover import Handing
from adapters.vault import KeyMissing, Vault
from commands.channel_locks import ChannelLocks
from commands.outside import database
from commands.polling import Poller, Reception
from commands.services import report
from commands.sharding import Sharding
from domain.platforms import PlatformName
from settings import Settings

LOOK_EVERY_SECONDS = 3.0


async def gateway(settings: Settings) -> int:
    """Receives until it is stopped; what was received and not yet recorded comes again at the next start."""
    async with Interruption(report):
        await poll(settings)
    return 0


async def poll(settings: Settings) -> None:
    """Receives until cancelled."""
    assert settings.database_url is not None
    async with AsyncExitStack() as stack:
        opened, http, locks = database(settings), http_client(), ChannelLocks(settings.database_url)
        for close in (opened.close, http.close, locks.close):
            stack.push_async_callback(close)
        client = await connect(settings, lazy=True, impatient=True)
        reception = Reception(
            opened,
            Telegram(http, settings.telegram_api_url),
            Discord(http, settings.discord_api_url),
            Handing(opened, client, settings.task_queue),
        )
        await Gateway(reception, credentials_vault(settings.secrets()), locks).run()


@dataclass
class _Kept:
    receiver: Poller | Sharding
    task: asyncio.Task[None]
    access: ChannelAccess


class Gateway:
    """Keeps one receiver a channel, of those channels that no other gateway keeps one for."""

    def __init__(self, reception: Reception, vault: Vault, locks: ChannelLocks) -> None:
        self._reception = reception
        self._vault = vault
        self._locks = locks
        self._kept: dict[UUID, _Kept] = {}
        self._log = get_logger(__name__)

    async def run(self) -> None:
        """Looks again every few seconds which channels there are, until cancelled."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        finally:
            await self._stop(*self._kept)

    async def _look(self) -> None:
        try:
            # First, because without the session the channels may be another gateway's by now.
            if await self._locks.renew():
                await self._stop(*self._kept)
            async with self._reception.database.begin() as connection:
                found = await channels.load_polled(connection, self._vault, PlatformName.TELEGRAM)
                found += await channels.load_all(connection, self._vault, PlatformName.DISCORD)
            await self._follow({access.channel.id: access for access in found})
        except KeyMissing as error:
            self._log.error("channels_unreadable", problem=str(error))
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            self._log.warning("gateway_waits", problem=type(error).__name__)

    async def _follow(self, found: dict[UUID, ChannelAccess]) -> None:
        """Makes the receivers those of the channels that were found."""
        gone = [channel for channel in self._kept if channel not in found]
        await self._stop(*gone)
        for channel in gone:
            await self._locks.give_back(channel)
        for channel, access in found.items():
            await self._keep(channel, access)

    async def _keep(self, channel: UUID, access: ChannelAccess) -> None:
        kept = self._kept.get(channel)
        if kept is None:
            if await self._locks.take(channel):
                self._start(channel, access)
            return
        if _same_account(kept.access, access):
            kept.receiver.access = access
            await self._start_again_if_over(channel, kept)
            return
        await self._stop(channel)
        self._start(channel, access)

    def _start(self, channel: UUID, access: ChannelAccess) -> None:
        receives = Sharding if access.channel.platform is PlatformName.DISCORD else Poller
        receiver = receives(self._reception, access)
        self._kept[channel] = _Kept(receiver, asyncio.create_task(receiver.run(), name=f"receive {channel}"), access)

    async def _start_again_if_over(self, channel: UUID, kept: _Kept) -> None:
        """A receiver that returned, because its token is not accepted, tries again now and then, as whoever sends does;
        one that raised what nobody foresaw tries again at once."""
        if not kept.task.done() or kept.task.cancelled():
            return
        error = kept.task.exception()
        if error is not None:
            self._log.error("receiving_broke", channel=str(channel), exc_info=error)
        else:
            async with self._reception.database.begin() as connection:
                if await channel_problems.probe(connection, channel, self._reception.now()) is not None:
                    return
        self._start(channel, kept.receiver.access)

    async def _stop(self, *stopped: UUID) -> None:
        tasks = [self._kept.pop(channel).task for channel in stopped]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _same_account(before: ChannelAccess, after: ChannelAccess) -> bool:
    return before.channel.credentials == after.channel.credentials
