"""One chat on a real database, as the tests of the record drive it: heard, begun, planned, claimed, settled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import channels, events, handovers, ledger, turns, voice
from adapters.database.channels import ChannelAccess, credentials_vault
from adapters.database.engine import Database
from adapters.database.ledger import Part, Plan
from adapters.database.records import DeliveryRow, Event, Turn
from adapters.database.tables import BotRow, Conversation
from adapters.vault import Vault
from domain.bots import Bot
from domain.conversations import Control
from domain.deliveries import DeliveryState
from domain.events import EventKind, EventState, InboundEvent, Sender
from domain.ids import conversation_id
from domain.turns import Account, Begin, Begun, ReplyKind, reply_key
from settings import Settings
from tests.machine import until
from tests.product import MadeChannel, make_channel
from tests.simulated import TOKEN


@dataclass
class Chat:
    """A contact's chat with a bot; `now` is the time at which things are done, and stands until a test moves it."""

    database: Database
    vault: Vault
    channel: MadeChannel
    access: ChannelAccess
    name: str = "7"
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    keys: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def id(self) -> UUID:
        """The conversation."""
        return conversation_id(self.access.channel.id, self.name, None)

    def pass_time(self, **units: float) -> datetime:
        """Let time go by; what it is then."""
        self.now += timedelta(**units)
        return self.now

    def event(self, text: str = "hello", **more: JsonValue) -> InboundEvent:
        """Something that the contact says."""
        sender = Sender(external_id=self.name, name="Test User")
        described = {"key": f"update:{self.name}:{next(self.keys)}", "kind": EventKind.MESSAGE, "chat": self.name}
        return InboundEvent.model_validate({**described, "text": text, "sender": sender, **more})

    async def hear(self, *texts: str, handed_over: bool = True) -> list[UUID]:
        """Record messages of these texts, a slash beginning a command; their ids."""
        told = [self.event(text, command=text[1:] if text.startswith("/") else None) for text in texts]
        async with self.database.begin() as connection:
            recorded = await events.record(connection, self.access, told, self.now)
            ids = [item.id for item in recorded.new]
            if handed_over:
                await handovers.mark(connection, ids, self.now)
        return [UUID(str(item)) for item in ids]

    async def begin(self, *brought: UUID, behind: bool = False, together: bool = True) -> Begun:
        """Open a turn, or find it open."""
        ask = Begin(conversation_id=str(self.id), brought=tuple(map(str, brought)), behind=behind, together=together)
        async with self.database.begin() as connection:
            return await turns.begin(connection, ask, self.now)

    async def plan(self, begun: Begun, parts: int = 1, kind: ReplyKind = ReplyKind.ANSWER) -> list[Part]:
        """Plan the turn's reply in so many parts."""
        payloads: list[dict[str, JsonValue]] = [{"text": f"part {number}"} for number in range(1, parts + 1)]
        key = reply_key(begun.turn, begun.generation, kind)
        planned = Plan(key, "the reply", "bot", payloads, UUID(begun.turn_id), None)
        async with self.locked() as (connection, floor):
            await ledger.plan(connection, self.id, floor, planned, DeliveryState.PLANNED)
            return await ledger.parts(connection, self.id, key)

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[tuple[AsyncConnection, ledger.Floor]]:
        """A transaction that holds the conversation's lock."""
        async with self.database.begin() as connection:
            floor = await ledger.lock(connection, self.id)
            assert floor is not None
            yield connection, floor

    async def parts(self, begun: Begun, kind: ReplyKind = ReplyKind.ANSWER) -> list[Part]:
        """The parts of the turn's reply as they stand."""
        async with self.database.begin() as connection:
            return await ledger.parts(connection, self.id, reply_key(begun.turn, begun.generation, kind))

    async def claim(self, part: Part) -> int:
        """Claim a part."""
        async with self.locked() as (connection, _):
            return await ledger.claim(connection, part, self.now)

    async def settle(self, part: Part, lease: int, state: DeliveryState, **more: object) -> bool:
        """Write down how an attempt went."""
        async with self.locked() as (connection, _):
            return await ledger.settle(connection, part.id, lease, {"state": state, **more})

    async def send(self, begun: Begun, parts: int = 1) -> None:
        """Plan the turn's reply and send it whole, without ending the turn."""
        for part in await self.plan(begun, parts):
            lease = await self.claim(part)
            await self.settle(part, lease, DeliveryState.SENT, sent_at=self.now)

    async def end(self, begun: Begun, state: EventState = EventState.ANSWERED) -> bool:
        """End the turn; False where it had its end."""
        async with self.database.begin() as connection:
            return await turns.end(connection, UUID(begun.turn_id), Account(state=state), self.now)

    async def control(self, wanted: Control, *, answer_held: bool = False) -> None:
        """What an operator does."""
        async with self.database.begin() as connection:
            done = await voice.control(
                connection, self.id, self.channel.workspace_id, wanted, answer_held=answer_held, now=self.now
            )
        assert done

    async def settings(self, **bot: JsonValue) -> None:
        """Change the bot."""
        described = Bot.model_validate({**self.access.bot.model_dump(mode="json"), **bot})
        async with self.database.begin() as connection:
            changed = update(BotRow).where(BotRow.id == self.channel.bot_id)
            await connection.execute(changed.values(settings=described.model_dump(mode="json")))

    async def loaded(self) -> ChannelAccess:
        """The channel with its bot as it is now."""
        async with self.database.begin() as connection:
            access = await channels.load(connection, self.vault, self.channel.id)
        assert access is not None
        return access

    async def states(self) -> list[tuple[object, ...]]:
        """State and reason of what the contact said, in order."""
        query = select(Event.state, Event.reason).where(Event.conversation_id == self.id, ~Event.ours)
        return await self.rows(query.order_by(Event.seq))

    async def ledger(self) -> list[tuple[object, ...]]:
        """State and reason of every part, in order."""
        query = select(DeliveryRow.state, DeliveryRow.reason).where(DeliveryRow.conversation_id == self.id)
        return await self.rows(query.order_by(DeliveryRow.created_at, DeliveryRow.part))

    async def turns(self) -> list[tuple[object, ...]]:
        """Number, outcome and reason of every turn; without an outcome it is open."""
        query = select(Turn.number, Turn.outcome, Turn.reason).where(Turn.conversation_id == self.id)
        return await self.rows(query.order_by(Turn.number))

    async def rows(self, query: Select[*tuple[object, ...]]) -> list[tuple[object, ...]]:
        """What a query finds."""
        async with self.database.begin() as connection:
            return [tuple(row) for row in await connection.execute(query)]

    async def change(self, **values: object) -> None:
        """Set columns of the conversation."""
        async with self.database.begin() as connection:
            await connection.execute(update(Conversation).where(Conversation.id == self.id).values(**values))


async def open_chat(settings: Settings, database: Database, platform: str = "telegram", **bot: JsonValue) -> Chat:
    """A chat with a new bot, of which nothing was heard yet."""
    credentials = {"token": TOKEN} if platform == "telegram" else None
    channel = await make_channel(settings, database, platform, credentials, None, **bot)
    vault = credentials_vault(settings.secrets())
    async with database.begin() as connection:
        access = await channels.load(connection, vault, channel.id)
    assert access is not None
    return Chat(database, vault, channel, access)


async def until_waiting_for_a_lock(database: Database) -> None:
    """Wait until a statement waits for another transaction."""
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    async def waits() -> bool:
        async with database.once() as connection:
            return (await connection.exec_driver_sql(query)).first() is not None

    await until(waits)
