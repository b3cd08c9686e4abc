"""Polling one Telegram channel: updates are recorded before the next call tells Telegram that they arrived."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database import channel_problems, channels, events
from adapters.database.channels import ChannelAccess
from adapters.database.engine import Database
from adapters.errors import CredentialsRefused, OutsideError, Unreadable
from adapters.platforms.buttons import acknowledge
from adapters.platforms.discord import Discord
from adapters.platforms.telegram import Telegram
from adapters.temporal.handover import Handing
from commands.waiting import Waiting
from domain.events import InboundEvent

POLL_SECONDS = 25.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Reception:
    """What whoever receives by a connection of our own works with."""

    database: Database
    telegram: Telegram
    discord: Discord
    handing: Handing
    now: Callable[[], datetime] = _now


async def note_refused(reception: Reception, access: ChannelAccess, error: CredentialsRefused) -> None:
    """Let it be known that a channel's token is not accepted."""
    try:
        async with reception.database.begin() as connection:
            await channel_problems.note(connection, access.channel.id, error.reason, str(error), reception.now())
    except (SQLAlchemyError, psycopg.Error, OSError) as failure:
        # It is refused again at the next try.
        get_logger(__name__).warning("problem_not_noted", kind=type(failure).__name__)


class Poller:
    """Long-polls one channel until it is cancelled, or until Telegram does not accept the token.

    `access` may be replaced at any time: the bot's settings change while the channel goes on.
    """

    def __init__(self, reception: Reception, access: ChannelAccess) -> None:
        self.access = access
        self._reception = reception
        self._log = get_logger(__name__).bind(channel=str(access.channel.id))
        self._waiting = Waiting(self._log, "polling_waits")
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Polls; returns only when the token is not accepted."""
        introduced = False
        while True:
            try:
                if not introduced:
                    await self._introduce()
                    introduced = True
                await self._round()
                self._waiting.end()
            except CredentialsRefused as error:
                self._log.error("polling_stopped", problem=str(error), remedy="Correct the channel's token.")
                await note_refused(self._reception, self.access, error)
                return
            except (OutsideError, SQLAlchemyError, psycopg.Error, OSError) as error:
                await asyncio.sleep(self._waiting.after(error))

    async def _introduce(self) -> None:
        """Keeps who the bot is, by which it is addressed in groups."""
        account = await self._reception.telegram.check(self.access.channel)
        async with self._reception.database.begin() as connection:
            await channels.keep_account(connection, self.access.channel.id, account)
        known = {**account.details, "id": account.id, "name": account.name}
        self.access = replace(self.access, channel=self.access.channel.model_copy(update={"account": known}))
        self._log.info("polling_started", bot=account.details.get("username"))

    async def _round(self) -> None:
        channel = self.access.channel
        async with self._reception.database.begin() as connection:
            offset = await channels.poll_offset(connection, channel.id)
        updates = await self._reception.telegram.poll(channel, offset, POLL_SECONDS)
        if updates:
            await self._take(updates)

    async def _take(self, updates: tuple[dict[str, JsonValue], ...]) -> None:
        """Records updates and the offset that confirms them in one transaction, then hands them over."""
        heard = tuple(event for update in updates if (event := self._read(update)) is not None)
        numbers = [number for update in updates if isinstance(number := update.get("update_id"), int)]
        channel = self.access.channel.id
        async with self._reception.database.begin() as connection:
            recorded = await events.record(connection, self.access, heard, self._reception.now(), uuid4().hex)
            if numbers:
                await channels.keep_poll_offset(connection, channel, max(numbers) + 1)
        self._acknowledge(heard)
        for conversation, batch in recorded.conversations.items():
            if not await self._reception.handing.hand_over(conversation, batch):
                # Temporal is away, and would be for the rest too: the relay takes them up.
                return

    def _acknowledge(self, heard: tuple[InboundEvent, ...]) -> None:
        """Let pressed buttons come to rest beside the polling: an answer that is slow must not hold it up."""
        task = asyncio.create_task(acknowledge(self._reception.telegram, self.access.channel, heard))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _read(self, update: dict[str, JsonValue]) -> InboundEvent | None:
        try:
            return self._reception.telegram.read_update(self.access.channel, update)
        except Unreadable as error:
            self._log.warning("update_unreadable", problem=str(error))
            return None
