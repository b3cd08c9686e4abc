"""One connection to Discord's gateway: it is kept alive, and says in order what Discord dispatches.

Source: https://discord.com/developers/docs/events/gateway
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import IntEnum
from json import dumps
from secrets import SystemRandom
from urllib.parse import urlsplit

from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from adapters.errors import CredentialsRefused, NotPermitted, Unreachable, Unreadable
from adapters.platforms.discord.setup import intents
from adapters.platforms.discord.shards import Shard
from adapters.platforms.discord.starts import Turn
from adapters.platforms.fields import Fields, count, parse_object, part, reference
from domain.models import Frozen

_OUR_CLOSE = 4900
"""Whoever closes with 1000 or 1001 gives the session up."""
_SESSION_GONE = (4003, 4005, 4007, 4009)
_INTENTS_REFUSED = 4014
_SHARDS_DEMANDED = 4011
_MISCONFIGURED = {4010: "the shard is invalid", _SHARDS_DEMANDED: "the bot is in so many servers that it needs more "
                  "shards", 4012: "the API's version is invalid", 4013: "the intents are invalid",
                  _INTENTS_REFUSED: "the app may not read messages"}  # fmt: skip
_AUTHENTICATION_FAILED = 4004
_OPEN_SECONDS = 10.0
_CLOSE_SECONDS = 1.0
_MAX_BYTES = 64 * 1024 * 1024
_MAX_WAITING = 10_000
_VERSION = "v=10&encoding=json"


class _Operation(IntEnum):
    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    ACKNOWLEDGED = 11


class Session(Frozen):
    """What Discord knows a client by, and the last dispatch that was taken from it."""

    id: str
    url: str
    sequence: int


class Dispatch(Frozen):
    """Something that Discord tells; `session` is where one that is broken off goes on behind it."""

    name: str
    data: Fields
    session: Session

    @property
    def key(self) -> str:
        """Its name among all that Discord ever told, for what has no id of its own."""
        return f"dispatch:{self.session.id}:{self.session.sequence}"


class Login(Frozen):
    """Who connects: a bot, as one of its shards, and what it may be told."""

    token: SecretStr
    shard: Shard
    may_read: bool


class SessionLost(Exception):
    """What was told meanwhile is not told again: the next connection begins a new session."""


class GatewayRefused(NotPermitted):
    """Discord does not take the connection as it is: the number of shards or the intents have to be others."""


class ShardsDemanded(GatewayRefused):
    """The bot is in so many servers that it needs more shards."""


Take = Callable[[Dispatch], Awaitable[None]]


async def listen(login: Login, session: Session | None, take: Take, turn: Turn | None = None) -> None:
    """Hold one connection and have each dispatch taken before the next, until Discord wants another connection.

    With a session it goes on behind its sequence; else it uses its turn to begin one. Raises `SessionLost`,
    `CredentialsRefused`, `GatewayRefused`, or `Unreachable` for a connection that is to be tried again.
    """
    socket = await _connect(session.url if session else turn.url if turn else "")
    try:
        await _Client(socket, session, take).run(login, turn)
    except ConnectionClosed as error:
        _explain(error.rcvd.code if error.rcvd else None)
    finally:
        await socket.close(_OUR_CLOSE)


async def _connect(address: str) -> ClientConnection:
    if urlsplit(address).scheme not in ("ws", "wss"):
        raise Unreachable("Discord names a gateway that is no WebSocket; check DISCORD_API_URL")
    try:
        async with asyncio.timeout(_OPEN_SECONDS):
            return await connect(
                f"{address}?{_VERSION}",
                max_size=_MAX_BYTES,
                ping_interval=None,
                close_timeout=_CLOSE_SECONDS,
                proxy=None,
            )
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        raise Unreachable(f"Discord's gateway was not reached ({type(error).__name__})") from error


class _Client:
    """The protocol on one connection: reading, taking and the heart go on side by side."""

    def __init__(self, socket: ClientConnection, session: Session | None, take: Take) -> None:
        self._socket = socket
        self._session = session
        self._take = take
        self._heard: int | None = session.sequence if session else None
        self._waiting: asyncio.Queue[tuple[str, Fields, int]] = asyncio.Queue(_MAX_WAITING)
        self._is_answered = True

    async def run(self, login: Login, turn: Turn | None) -> None:
        """Until the connection ends."""
        async with asyncio.timeout(_OPEN_SECONDS):
            hello = await self._receive()
        interval = (count(part(hello, "d"), "heartbeat_interval") or 0) / 1000
        if hello.get("op") != _Operation.HELLO or not interval:
            raise Unreachable("Discord's gateway did not say hello")
        await self._greet(login, turn)
        works = [self._read(), self._work(), self._beat(interval)]
        tasks = {asyncio.ensure_future(work) for work in works}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _greet(self, login: Login, turn: Turn | None) -> None:
        token = login.token.get_secret_value()
        if self._session is not None:
            resumed = {"token": token, "session_id": self._session.id, "seq": self._session.sequence}
            await self._say(_Operation.RESUME, resumed)
            return
        if turn is not None:
            # Before it is said: what is not surely unsaid counts.
            turn.use()
        named = {"os": "linux", "browser": "chat-orchestrator", "device": "chat-orchestrator"}
        asked = {"intents": intents(login.may_read), "shard": [login.shard.number, login.shard.of]}
        await self._say(_Operation.IDENTIFY, {"token": token, "properties": named, **asked})

    async def _read(self) -> None:
        """Read until Discord wants another connection; what was read before is left to be told again."""
        while True:
            told = await self._receive()
            match told.get("op"):
                case _Operation.DISPATCH:
                    await self._note(told)
                case _Operation.HEARTBEAT:
                    await self._say(_Operation.HEARTBEAT, self._heard)
                case _Operation.RECONNECT:
                    return
                case _Operation.INVALID_SESSION:
                    if told.get("d") is not True:
                        raise SessionLost
                    return
                case _Operation.ACKNOWLEDGED:
                    self._is_answered = True

    async def _note(self, told: Fields) -> None:
        name, sequence = reference(told, "t"), count(told, "s")
        if name is not None and sequence is not None:
            self._heard = sequence
            await self._waiting.put((name, part(told, "d"), sequence))

    async def _work(self) -> None:
        while True:
            name, data, sequence = await self._waiting.get()
            if name == "READY":
                self._session = _begun(data)
            if self._session is not None:
                self._session = self._session.model_copy(update={"sequence": sequence})
                await self._take(Dispatch(name=name, data=data, session=self._session))

    async def _beat(self, interval: float) -> None:
        """Return when a heartbeat gets no answer: the connection is dead, whatever TCP says."""
        await asyncio.sleep(interval * SystemRandom().random())
        while self._is_answered:
            self._is_answered = False
            await self._say(_Operation.HEARTBEAT, self._heard)
            await asyncio.sleep(interval)

    async def _receive(self) -> Fields:
        said = await self._socket.recv()
        try:
            return parse_object(said if isinstance(said, bytes) else said.encode())
        except Unreadable as error:
            raise Unreachable("Discord's gateway said something that is no object") from error

    async def _say(self, operation: _Operation, data: object) -> None:
        await self._socket.send(dumps({"op": operation, "d": data}))


def _begun(ready: Fields) -> Session | None:
    name, url = reference(ready, "session_id"), reference(ready, "resume_gateway_url")
    return Session(id=name, url=url, sequence=0) if name and url else None


def _explain(code: int | None) -> None:
    """What the code of a close means; one that does not matter lets the session go on."""
    if code == _AUTHENTICATION_FAILED:
        raise CredentialsRefused("Discord's gateway does not accept the bot_token")
    if code in _MISCONFIGURED:
        kind = ShardsDemanded if code == _SHARDS_DEMANDED else GatewayRefused
        raise kind(f"Discord's gateway closed with {code}: {_MISCONFIGURED[code]}")
    if code in _SESSION_GONE:
        raise SessionLost
