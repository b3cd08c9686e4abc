"""Listening to one Discord channel by as many connections, the shards, as Discord recommends or its owner set."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database import channels, gateway_positions
from adapters.database.channels import ChannelAccess
from adapters.database.gateway_positions import Position
from adapters.errors import CredentialsRefused, OutsideError
from adapters.platforms.discord.gateway import GatewayRefused, ShardsDemanded
from adapters.platforms.discord.shards import Shard, wanted_shards
from adapters.platforms.discord.starts import Starts
from commands.listening import Listener, Shared
from commands.polling import Reception, note_refused
from commands.waiting import Waiting

_MENDED_SECONDS = 300.0
"""Each try of each shard counts against the sessions of a day."""


@dataclass(frozen=True)
class Plan:
    """How to connect: as so many shards, and whether the bot may read what is not said to it."""

    shards: int
    may_read: bool


class Sharding:
    """Keeps the shards of one channel until it is cancelled, or until Discord does not accept the token.

    Where Discord demands another number of them, or the owner sets one, all of them begin anew, behind what was heard.
    """

    def __init__(self, reception: Reception, access: ChannelAccess) -> None:
        self._reception = reception
        self._log = get_logger(__name__).bind(channel=str(access.channel.id))
        self._waiting = Waiting(self._log, "listening_waits")
        starts = Starts(lambda: reception.discord.gateway_terms(self.access.channel), self._log)
        self._shared = Shared(reception, access, starts)
        self._changed = asyncio.Event()
        self._refused: Plan | None = None
        self._demanded = 0

    @property
    def access(self) -> ChannelAccess:
        """The channel; it may be replaced at any time, because the bot's settings change while it goes on."""
        return self._shared.access

    @access.setter
    def access(self, access: ChannelAccess) -> None:
        """Go on with the channel as it is now."""
        if wanted_shards(access.channel) != wanted_shards(self.access.channel):
            self._changed.set()
        # What the bot is called was asked of Discord, perhaps after this was read.
        known = access.channel.model_copy(update={"account": self.access.channel.account})
        self._shared.access = replace(access, channel=known)

    async def run(self) -> None:
        """Listens; returns only when the token is not accepted."""
        while True:
            try:
                await self._listen(await self._plan())
            except CredentialsRefused as error:
                self._log.error("listening_stopped", problem=str(error), remedy="Correct the channel's bot_token.")
                await note_refused(self._reception, self.access, error)
                return
            except GatewayRefused as error:
                self._log.error("gateway_refuses", problem=str(error))
            except (OutsideError, SQLAlchemyError, psycopg.Error, OSError) as error:
                await asyncio.sleep(self._waiting.after(error))

    async def _plan(self) -> Plan:
        """Keeps who the bot is, by which it is addressed, and asks how to connect; not at once as was refused."""
        channel = self.access.channel
        account = await self._reception.discord.check(channel)
        async with self._reception.database.begin() as connection:
            await channels.keep_account(connection, channel.id, account)
        known = {**account.details, "id": account.id, "name": account.name}
        self._shared.access = replace(self.access, channel=self.access.channel.model_copy(update={"account": known}))
        plan = Plan(await self._number(), account.details.get("reads") is True)
        if plan == self._refused:
            self._log.error("gateway_still_refuses", shards=plan.shards, seconds=_MENDED_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(_MENDED_SECONDS):
                    await self._changed.wait()
            self._refused = None
            return await self._plan()
        self._waiting.end()
        return plan

    async def _number(self) -> int:
        recommended = (await self._shared.starts.terms()).shards
        # What is set from here on is a change of this.
        self._changed.clear()
        wanted = wanted_shards(self.access.channel)
        if wanted is None or wanted > self._demanded:
            return wanted or recommended
        self._log.warning("shards_setting_too_small", shards=wanted, recommended=recommended)
        return recommended

    async def _listen(self, plan: Plan) -> None:
        """Until a shard is refused or another number of them is wanted."""
        async with self._reception.database.begin() as connection:
            positions = await gateway_positions.load(connection, self.access.channel.id)
        self._shared.has_others = any(shard.of != plan.shards for shard in positions)
        tasks = self._start(plan, positions)
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except GatewayRefused as error:
            self._refused = plan
            if isinstance(error, ShardsDemanded):
                self._demanded = max(self._demanded, plan.shards)
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, plan: Plan, positions: Mapping[Shard, Position]) -> set[asyncio.Task[None]]:
        shards = [Shard(number=number, of=plan.shards) for number in range(plan.shards)]
        works = [Listener(self._shared, shard, positions).run() for shard in shards]
        return {asyncio.create_task(work) for work in (*works, self._until_changed())}

    async def _until_changed(self) -> None:
        await self._changed.wait()
        self._log.info("shards_change", wanted=wanted_shards(self.access.channel))
