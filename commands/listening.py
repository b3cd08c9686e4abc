"""Listening to one Discord channel: what the gateway tells is recorded with how far it was heard, in one transaction.

A connection that breaks, or a gateway that is killed, goes on with its session behind what was recorded. Where Discord
forgot the session, the history of each chat gives what was said since the newest message that was recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database import channels, events, gateway_positions
from adapters.database.channels import ChannelAccess
from adapters.database.events import Recorded
from adapters.database.gateway_positions import Position
from adapters.errors import CredentialsRefused, OutsideError, Unreadable
from adapters.platforms.discord.gateway import Dispatch, Session, SessionLost, listen
from adapters.platforms.discord.interactions import read_interaction
from adapters.platforms.discord.messages import read_dispatch
from adapters.platforms.discord.place import identity, me_of
from adapters.platforms.fields import Fields
from commands.catching_up import Gap
from commands.polling import Reception
from commands.waiting import Waiting
from domain.events import InboundEvent

_ANSWER_SECONDS = 3.0
_SHORT_SECONDS = 1.0
_TURNS = ("READY", "GUILD_CREATE")
"""Dispatches after which it may have become known that nothing is missing."""
_MISHAPS = (SQLAlchemyError, psycopg.Error, OSError)

Result = TypeVar("Result")


class Listener:
    """Holds one connection until it is cancelled, or until Discord does not accept the token.

    `access` may be replaced at any time: the bot's settings change while the channel goes on.
    """

    def __init__(self, reception: Reception, access: ChannelAccess) -> None:
        self.access = access
        self._reception = reception
        self._log = get_logger(__name__).bind(channel=str(access.channel.id))
        self._waiting = Waiting(self._log, "listening_waits")
        self._session: Session | None = None
        self._gap = Gap(reception.discord, self._record)

    async def run(self) -> None:
        """Listens; returns only when the token is not accepted."""
        introduced = False
        while True:
            try:
                if not introduced:
                    await self._introduce()
                    introduced = True
                await self._connect()
                await asyncio.sleep(_SHORT_SECONDS)
            except SessionLost as error:
                # A new one counts: Discord takes its token from a bot that begins a thousand sessions in a day.
                self._session = None
                await asyncio.sleep(self._waiting.after(error))
            except CredentialsRefused as error:
                self._log.error("listening_stopped", problem=str(error), remedy="Correct the channel's bot_token.")
                return
            except (OutsideError, *_MISHAPS) as error:
                await asyncio.sleep(self._waiting.after(error))

    async def _introduce(self) -> None:
        """Keeps who the bot is, by which it is addressed, and takes up how far it was heard."""
        account = await self._reception.discord.check(self.access.channel)
        async with self._reception.database.begin() as connection:
            await channels.keep_account(connection, self.access.channel.id, account)
            position = await gateway_positions.load(connection, self.access.channel.id)
        known = {**account.details, "id": account.id, "name": account.name}
        self.access = replace(self.access, channel=self.access.channel.model_copy(update={"account": known}))
        if position is not None:
            self._gap.heard = position.heard_id
        if position is not None and position.session_id and position.resume_url:
            self._session = Session(id=position.session_id, url=position.resume_url, sequence=position.sequence)
        self._log.info("listening_started", bot=account.name, resumes=self._session is not None)

    async def _connect(self) -> None:
        channel = self.access.channel
        url = self._session.url if self._session else await self._reception.discord.gateway_url(channel)
        may_read = channel.account.get("reads") is True
        await listen(channel.secret("bot_token"), url, self._session, may_read, self._take)

    async def _take(self, dispatch: Dispatch) -> None:
        """One dispatch, safe when this returns: only then the session is behind it."""
        match dispatch.name:
            case "READY":
                await self._gap.open(self.access.channel, await self._lasting(self._known_chats), dispatch.data)
            case "GUILD_CREATE":
                await self._gap.look_into(self.access.channel, dispatch.data)
            case "MESSAGE_CREATE":
                await self._gap.close(self.access.channel, identity(dispatch.data, "channel_id") or "")
        heard = self._read(dispatch)
        if heard or dispatch.name in _TURNS:
            newest = int(identity(dispatch.data, "id") or 0) if dispatch.name == "MESSAGE_CREATE" else 0
            recorded = await self._lasting(lambda: self._keep(heard, dispatch.session, newest))
            self._gap.hear(newest)
            self._waiting.end()
            if dispatch.name == "INTERACTION_CREATE":
                await self._answer(dispatch.data)
            await self._hand_over(recorded)
        self._session = dispatch.session

    def _read(self, dispatch: Dispatch) -> Sequence[InboundEvent]:
        key = f"dispatch:{dispatch.session.id}:{dispatch.session.sequence}"
        try:
            if dispatch.name == "INTERACTION_CREATE":
                return (read_interaction(dispatch.data),)
            return read_dispatch(dispatch.name, dispatch.data, key, me_of(self.access.channel))
        except Unreadable as error:
            self._log.warning("dispatch_unreadable", problem=str(error))
            return ()

    async def _known_chats(self) -> list[str]:
        async with self._reception.database.begin() as connection:
            return await gateway_positions.known_chats(connection, self.access.channel.id)

    async def _record(self, missed: Sequence[InboundEvent]) -> None:
        """Record what was missed; how far was heard stays as it is."""
        await self._hand_over(await self._lasting(lambda: self._keep(missed, self._session, 0)))

    async def _keep(self, heard: Sequence[InboundEvent], session: Session | None, newest: int) -> Recorded:
        async with self._reception.database.begin() as connection:
            recorded = await events.record(connection, self.access, heard, self._reception.now(), uuid4().hex)
            await gateway_positions.keep(connection, self.access.channel.id, self._position(session, newest))
        return recorded

    def _position(self, session: Session | None, newest: int) -> Position:
        """A session is kept once no gap lies before it: until then another start has to look for what is missing."""
        heard = self._gap.heard_with(newest)
        if session is None or not self._gap.is_closed:
            return Position(heard)
        return Position(heard, session.id, session.url, session.sequence)

    async def _hand_over(self, recorded: Recorded) -> None:
        for conversation in recorded.conversations:
            if not await self._reception.handing.hand_over(conversation):
                # Temporal is away, and would be for the rest too: the relay takes them up.
                return

    async def _lasting(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """What work gives, however long PostgreSQL is away: meanwhile nothing more is taken."""
        while True:
            try:
                return await work()
            except _MISHAPS as error:
                await asyncio.sleep(self._waiting.after(error))

    async def _answer(self, interaction: Fields) -> None:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._reception.discord.answer(interaction)
        except (OutsideError, TimeoutError) as error:
            self._log.info("interaction_not_acknowledged", kind=type(error).__name__)
