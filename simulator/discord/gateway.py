"""The gateway: sessions that go on over several connections, and what each of them has still to be told.

Source: https://discord.com/developers/docs/events/gateway
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulator.discord.bots import MAY_READ, Bot, Bots
from simulator.discord.refusals import Refused
from simulator.discord.starts import Shard, shard_of
from simulator.wire import JSON, Object, encode

AUTHENTICATION_FAILED, DISALLOWED_INTENTS, INVALID_SEQ, NOT_AUTHENTICATED = 4004, 4014, 4007, 4003
INVALID_SHARD, SHARDING_REQUIRED = 4010, 4011
HEARTBEAT_MILLISECONDS = 2_000
KEPT_DISPATCHES = 10_000
MESSAGE_CONTENT = 1 << 15
_INTENTS = {"MESSAGE": (1 << 9, 1 << 12), "MESSAGE_REACTION": (1 << 10, 1 << 13)}

Outbox = asyncio.Queue[Object | int]
"""What a connection is told; a number is the code that closes it."""


class Operation(IntEnum):
    """What one side says to the other."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    ACKNOWLEDGED = 11


@dataclass
class Session:
    """What one client was told, so that it can be told again; without an outbox nobody listens."""

    id: str
    bot: Bot
    intents: int
    shard: Shard = field(default_factory=Shard)
    seq: int = 0
    told: deque[Object] = field(default_factory=lambda: deque(maxlen=KEPT_DISPATCHES))
    outbox: Outbox | None = None

    def tell(self, event: str, data: Object) -> None:
        """Dispatch an event, now or at the next connection."""
        self.seq += 1
        dispatch: Object = {"op": Operation.DISPATCH, "t": event, "s": self.seq, "d": data}
        self.told.append(dispatch)
        if self.outbox is not None:
            self.outbox.put_nowait(dispatch)

    def may_know(self, event: str, data: Object) -> bool:
        """Whether its intents cover an event, and its shard the place of it."""
        guild = data.get("id" if event.startswith("GUILD_") else "guild_id")
        if not self.shard.has(guild if isinstance(guild, str) else None):
            return False
        name = next((name for name in ("MESSAGE_REACTION", "MESSAGE") if event.startswith(f"{name}_")), None)
        if name is None:
            return True
        return bool(self.intents & _INTENTS[name]["guild_id" not in data])

    def shown(self, event: str, data: Object) -> Object:
        """An event as this session sees it: without the intent for it, most words are kept from it."""
        if self.intents & MESSAGE_CONTENT or "content" not in data or "guild_id" not in data:
            return data
        mentions, author = data.get("mentions"), data.get("author")
        named = [item for item in (*(mentions if isinstance(mentions, list) else []), author) if isinstance(item, dict)]
        return data if any(item.get("id") == self.bot.id for item in named) else {**data, "content": ""}


class Gateway:
    """All sessions of all bots."""

    def __init__(self, bots: Bots, guilds: Callable[[Bot], list[Object]], closing: asyncio.Event) -> None:
        self._bots = bots
        self._guilds = guilds
        self._closing = closing
        self.sessions: dict[str, Session] = {}

    def tell(self, bot: Bot, event: str, data: Object) -> None:
        """Dispatch an event to a bot's sessions."""
        for session in self.sessions.values():
            if session.bot is bot and session.may_know(event, data):
                session.tell(event, session.shown(event, data))

    def steer(self, bot: Bot, do: str, code: int, shard: int | None) -> int:
        """Have a bot's connections, or that of one shard, end, or their sessions forgotten; how many there are."""
        own = [session for session in self.sessions.values() if session.bot is bot]
        sessions = [session for session in own if shard in (None, session.shard.number)]
        steps: dict[str, list[Object | int]] = {
            "close": [code],
            "reconnect": [{"op": Operation.RECONNECT, "d": None}, code],
            "invalidate": [{"op": Operation.INVALID_SESSION, "d": False}, code],
        }
        for session in sessions:
            for step in steps.get(do, []):
                if session.outbox is not None:
                    session.outbox.put_nowait(step)
            if do in ("invalidate", "forget"):
                del self.sessions[session.id]
        return len(sessions)

    def stop(self) -> None:
        """End all connections."""
        for session in self.sessions.values():
            if session.outbox is not None:
                session.outbox.put_nowait(1012)
        self.sessions.clear()

    async def serve(self, socket: WebSocket) -> None:
        """One connection."""
        await socket.accept()
        outbox: Outbox = asyncio.Queue()
        outbox.put_nowait(
            {"op": Operation.HELLO, "s": None, "t": None, "d": {"heartbeat_interval": HEARTBEAT_MILLISECONDS}}
        )
        tasks = {
            asyncio.create_task(work)
            for work in (self._read(socket, outbox), self._write(socket, outbox), self._closing.wait())
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for session in self.sessions.values():
                if session.outbox is outbox:
                    session.outbox = None
        if socket.client_state is WebSocketState.CONNECTED and socket.application_state is WebSocketState.CONNECTED:
            await socket.close(1012)

    async def _write(self, socket: WebSocket, outbox: Outbox) -> None:
        while True:
            told = await outbox.get()
            if isinstance(told, int):
                await socket.close(told)
                return
            await socket.send_text(encode(told).decode())

    async def _read(self, socket: WebSocket, outbox: Outbox) -> None:
        try:
            while True:
                said: JSON = json.loads(await socket.receive_text())
                if isinstance(said, dict):
                    self._hear(said, outbox, str(socket.url.replace(query="")))
        except WebSocketDisconnect as gone:
            # Whoever says goodbye with 1000 or 1001 gives the session up.
            if gone.code in (1000, 1001):
                for name in [name for name, session in self.sessions.items() if session.outbox is outbox]:
                    del self.sessions[name]

    def _hear(self, said: Object, outbox: Outbox, url: str) -> None:
        data = said.get("d")
        match said.get("op"):
            case Operation.HEARTBEAT:
                outbox.put_nowait({"op": Operation.ACKNOWLEDGED, "d": None})
            case Operation.IDENTIFY if isinstance(data, dict):
                self._identify(data, outbox, url)
            case Operation.RESUME if isinstance(data, dict):
                self._resume(data, outbox)
            case _:
                outbox.put_nowait(NOT_AUTHENTICATED)

    def _identify(self, data: Object, outbox: Outbox, url: str) -> None:
        try:
            bot = self._bots.bot(str(data.get("token")).removeprefix("Bot "))
        except Refused:
            outbox.put_nowait(AUTHENTICATION_FAILED)
            return
        intents, shard = data.get("intents"), shard_of(data.get("shard"))
        wanted = intents if isinstance(intents, int) else 0
        if (refusal := self._refusal(bot, wanted, shard)) is not None or shard is None:
            outbox.put_nowait(refusal or INVALID_SHARD)
            return
        session = Session(uuid4().hex, bot, wanted, shard, outbox=outbox)
        self.sessions[session.id] = session
        guilds = [guild for guild in self._guilds(bot) if shard.has(str(guild["id"]))]
        away: list[JSON] = [{"id": guild["id"], "unavailable": True} for guild in guilds]
        named: Object = {"session_id": session.id, "resume_gateway_url": url, "guilds": away}
        session.tell("READY", {"v": 10, "user": bot.user(), "shard": [shard.number, shard.of], **named})
        for guild in guilds:
            session.tell("GUILD_CREATE", guild)

    def _refusal(self, bot: Bot, wanted: int, shard: Shard | None) -> Object | int | None:
        """What a session is refused with; each try counts, and one too many costs the token."""
        if not bot.starts.take():
            self._bots.refuse(bot.token)
            return AUTHENTICATION_FAILED
        if wanted & MESSAGE_CONTENT and not bot.flags & MAY_READ:
            return DISALLOWED_INTENTS
        if shard is None:
            return INVALID_SHARD
        if sum(shard.has(str(guild["id"])) for guild in self._guilds(bot)) > bot.starts.guilds_per_shard:
            return SHARDING_REQUIRED
        return None if bot.starts.is_in_time(shard) else {"op": Operation.INVALID_SESSION, "d": False}

    def _resume(self, data: Object, outbox: Outbox) -> None:
        session, seq = self.sessions.get(str(data.get("session_id"))), data.get("seq")
        if session is None or str(data.get("token")).removeprefix("Bot ") != session.bot.token:
            outbox.put_nowait({"op": Operation.INVALID_SESSION, "d": False})
            return
        if not isinstance(seq, int) or seq > session.seq:
            outbox.put_nowait(INVALID_SEQ)
            return
        session.outbox = outbox
        for dispatch in session.told:
            number = dispatch["s"]
            if isinstance(number, int) and number > seq:
                outbox.put_nowait(dispatch)
        session.tell("RESUMED", {})
