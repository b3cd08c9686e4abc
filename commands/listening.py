"""Listening as one shard of a Discord channel: what is told is recorded with how far it was heard, in one step.

A connection that breaks, or a gateway that is killed, goes on with its session behind what was recorded. Where Discord
forgot the session, the history of each chat gives what was said since the newest message that was recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

import psycopg
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.stdlib import get_logger

from adapters.database import events, gateway_positions, presences
from adapters.database.channels import ChannelAccess
from adapters.database.events import Recorded
from adapters.database.gateway_positions import Position
from adapters.errors import CredentialsRefused, OutsideError, Unreadable
from adapters.platforms.base import Channel
from adapters.platforms.discord.forms import forms_in
from adapters.platforms.discord.gateway import Dispatch, GatewayRefused, Login, Session, SessionLost, listen
from adapters.platforms.discord.guilds import presence_events, read_presence
from adapters.platforms.discord.interactions import read_interaction
from adapters.platforms.discord.messages import read_dispatch
from adapters.platforms.discord.place import identity, me_of
from adapters.platforms.discord.shards import Heard, Shard
from adapters.platforms.discord.starts import Starts
from adapters.platforms.fields import Fields
from commands.catching_up import Gap, Guilds
from commands.polling import Reception
from commands.waiting import Waiting
from domain.events import InboundEvent

_ANSWER_SECONDS = 3.0
_SHORT_SECONDS = 1.0
_TURNS = ("READY", "GUILD_CREATE")
"""Dispatches after which it may have become known that nothing is missing."""
_MISHAPS = (SQLAlchemyError, psycopg.Error, OSError)

Result = TypeVar("Result")


@dataclass
class Shared:
    """What the shards of one channel have in common; `access` may be replaced at any time.

    `has_others` while the database knows shards of another number, whose servers these are about to take over.
    """

    reception: Reception
    access: ChannelAccess
    starts: Starts
    has_others: bool = False
    guilds: Guilds = field(default_factory=dict)


class Listener:
    """Holds one connection until it is cancelled, or until Discord does not accept it as it is."""

    def __init__(self, shared: Shared, shard: Shard, positions: Mapping[Shard, Position]) -> None:
        self._shared = shared
        self._shard = shard
        self._reception = shared.reception
        self._log = get_logger(__name__).bind(channel=str(shared.access.channel.id), shard=shard.number)
        self._waiting = Waiting(self._log, "listening_waits")
        heard = Heard({of: position.heard_id for of, position in positions.items()})
        self._gap = Gap(shared.reception.discord, shard, heard, shared.guilds, self._record)
        known = positions.get(shard)
        self._session: Session | None = None
        if known is not None and known.session_id and known.resume_url:
            self._session = Session(id=known.session_id, url=known.resume_url, sequence=known.sequence)

    async def run(self) -> None:
        """Listens; raises `CredentialsRefused` or `GatewayRefused` once it cannot go on as it is."""
        self._log.info("listening_started", shards=self._shard.of, resumes=self._session is not None)
        while True:
            try:
                await self._connect()
                await asyncio.sleep(_SHORT_SECONDS)
            except SessionLost as error:
                # A new one counts: Discord takes its token from a bot that begins a thousand sessions in a day.
                self._session = None
                await asyncio.sleep(self._waiting.after(error))
            except (CredentialsRefused, GatewayRefused):
                raise
            except (OutsideError, *_MISHAPS) as error:
                await asyncio.sleep(self._waiting.after(error))

    @property
    def _channel(self) -> Channel:
        return self._shared.access.channel

    async def _connect(self) -> None:
        token, may_read = self._channel.secret("bot_token"), self._channel.account.get("reads") is True
        login = Login(token=SecretStr(token), shard=self._shard, may_read=may_read)
        if self._session is not None:
            await listen(login, self._session, self._take)
            return
        turn = await self._shared.starts.turn(self._shard.number)
        try:
            await listen(login, None, self._take, turn)
        finally:
            turn.end()

    async def _take(self, dispatch: Dispatch) -> None:
        """One dispatch, safe when this returns: only then the session is behind it."""
        match dispatch.name:
            case "READY":
                await self._gap.open(self._channel, await self._lasting(self._known_chats), dispatch.data)
            case "GUILD_CREATE":
                await self._gap.look_into(self._channel, dispatch.data)
            case "MESSAGE_CREATE":
                await self._gap.close(self._channel, identity(dispatch.data, "channel_id") or "")
        heard = [*self._read(dispatch), *await self._lasting(lambda: self._presences(dispatch))]
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
        try:
            if dispatch.name == "INTERACTION_CREATE":
                return (read_interaction(dispatch.data, forms_in(self._channel)),)
            return read_dispatch(dispatch.name, dispatch.data, dispatch.key, me_of(self._channel))
        except Unreadable as error:
            self._log.warning("dispatch_unreadable", problem=str(error))
            return ()

    async def _presences(self, dispatch: Dispatch) -> Sequence[InboundEvent]:
        """The conversations of which a dispatch says that the bot is there, or is no more."""
        presence = read_presence(dispatch.name, dispatch.data)
        if presence is None:
            return ()
        async with self._reception.database.once() as connection:
            found = await presences.concerned(connection, self._channel.id, presence)
        # Each shard is told of its own guilds alone.
        chats = [place.chat for place in found if presence.guilds is None or self._shard.has(place.guild)]
        return presence_events(presence, dispatch.key, chats, self._reception.now())

    async def _known_chats(self) -> list[str]:
        async with self._reception.database.begin() as connection:
            return await gateway_positions.known_chats(connection, self._channel.id)

    async def _record(self, missed: Sequence[InboundEvent]) -> None:
        """Record what was missed; how far was heard stays as it is."""
        await self._hand_over(await self._lasting(lambda: self._keep(missed, self._session, 0)))

    async def _keep(self, heard: Sequence[InboundEvent], session: Session | None, newest: int) -> Recorded:
        async with self._reception.database.begin() as connection:
            recorded = await events.record(connection, self._shared.access, heard, self._reception.now(), uuid4().hex)
            await self._keep_position(connection, self._position(session, newest))
        return recorded

    async def _keep_position(self, connection: AsyncConnection, position: Position) -> None:
        await gateway_positions.keep(connection, self._channel.id, self._shard, position)
        if self._shared.has_others and position.session_id is not None:
            dropped = await gateway_positions.drop_others(connection, self._channel.id, self._shard.of)
            self._shared.has_others = not dropped

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
                await self._reception.discord.answer(self._channel, interaction)
        except (OutsideError, TimeoutError) as error:
            self._log.info("interaction_not_acknowledged", kind=type(error).__name__)
