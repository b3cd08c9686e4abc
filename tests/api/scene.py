"""A bot with a Telegram channel in the workspace of an API client, and what tests record there."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import httpx
from pydantic import JsonValue
from sqlalchemy import insert, update

from adapters.database import channels, events, workspaces
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.records import DeliveryRow, Event, Message, Turn, Usage, VerdictRow
from adapters.database.tables import Conversation
from adapters.database.tool_records import ApprovalRow, ToolCallRow
from domain.events import EventKind, EventState, InboundEvent, Sender
from domain.ids import ChannelId, conversation_id
from settings import Settings

TOKEN = "123456:" + "A" * 35
CHAT = "7527593"


@dataclass
class Scene:
    """Where it happens; `clock` is when the next thing is heard."""

    database: Database
    settings: Settings
    workspace_id: UUID
    bot: dict[str, JsonValue]
    channel: dict[str, JsonValue]
    clock: datetime
    keys: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def bot_id(self) -> UUID:
        """The bot."""
        return UUID(str(self.bot["id"]))

    @property
    def channel_id(self) -> UUID:
        """Its channel."""
        return UUID(str(self.channel["id"]))

    def conversation(self, chat: str = CHAT) -> UUID:
        """The conversation of a chat."""
        return conversation_id(ChannelId(self.channel_id), chat, None)

    async def hear(self, text: str, chat: str = CHAT, name: str = "Test User", **more: object) -> UUID:
        """A contact says something; the id of the message, which is the event's."""
        number = next(self.keys)
        described = {
            "key": f"update:{number}", "kind": EventKind.MESSAGE, "chat": chat, "text": text,
            "platform_message_id": str(100 + number), "sender": Sender(external_id=chat, name=name),
        }  # fmt: skip
        heard = InboundEvent.model_validate({**described, **more})
        async with self.database.begin() as connection:
            access = await channels.load(connection, credentials_vault(self.settings.secrets()), self.channel_id)
            assert access is not None
            recorded = await events.record(connection, access, [heard], self.clock)
        return recorded.new[0].id

    async def open_turn(self, *heard: UUID, chat: str = CHAT, number: int = 1) -> UUID:
        """A turn takes these messages up."""
        turn_id = uuid4()
        row = {"id": turn_id, "workspace_id": self.workspace_id, "conversation_id": self.conversation(chat)}
        async with self.database.begin() as connection:
            await connection.execute(insert(Turn).values(**row, number=number, opened_at=self.clock))
            await connection.execute(
                update(Event).where(Event.id.in_(heard)).values(turn_id=turn_id, state=EventState.QUEUED)
            )
        return turn_id

    async def reply(self, turn_id: UUID | None, text: str, *states: str, chat: str = CHAT) -> tuple[UUID, list[UUID]]:
        """The bot answers in parts that stand so: the message and its deliveries."""
        message_id, where = uuid4(), {"workspace_id": self.workspace_id, "conversation_id": self.conversation(chat)}
        sent_at = self.clock + timedelta(seconds=2) if "sent" in states else None
        reply = f"turn:{message_id}"
        async with self.database.begin() as connection:
            numbered = update(Conversation).where(Conversation.id == self.conversation(chat))
            seq = await connection.scalar(
                numbered.values(last_seq=Conversation.last_seq + 1).returning(Conversation.last_seq)
            )
            await connection.execute(
                insert(Message).values(
                    id=message_id, seq=seq, direction="outbound", author="bot", text=text, turn_id=turn_id,
                    reply=reply, sent_at=sent_at, created_at=self.clock, **where,
                )
            )  # fmt: skip
            parts = [
                {
                    "id": uuid4(), "channel_id": self.channel_id, "message_id": message_id, "turn_id": turn_id,
                    "reply": reply, "part": part, "payload": {"text": text}, "state": state,
                    "sent_at": sent_at if state == "sent" else None, "created_at": self.clock, **where,
                }
                for part, state in enumerate(states, 1)
            ]  # fmt: skip
            if parts:
                await connection.execute(insert(DeliveryRow), parts)
        return message_id, [UUID(str(part["id"])) for part in parts]

    async def end_turn(self, turn_id: UUID, outcome: str = "answered") -> None:
        """The turn's account is closed."""
        async with self.database.begin() as connection:
            await connection.execute(
                update(Turn).where(Turn.id == turn_id).values(ended_at=self.clock, outcome=outcome)
            )
            await connection.execute(
                update(Event).where(Event.turn_id == turn_id).values(state=outcome, ended_at=self.clock)
            )

    async def judge(self, turn_id: UUID, direction: str, action: str, message_id: UUID | None = None) -> None:
        """Moderation found something."""
        row = {"workspace_id": self.workspace_id, "conversation_id": self.conversation(), "turn_id": turn_id}
        judged = {"generation": 1, "direction": direction, "provider": "rules", "action": action, "categories": ["x"]}
        async with self.database.begin() as connection:
            await connection.execute(insert(VerdictRow).values(id=uuid4(), message_id=message_id, **row, **judged))

    async def ask_approval(self, turn_id: UUID, **seconds: float) -> UUID:
        """A call of a tool waits for an operator."""
        call, chat, turn = uuid4(), self.conversation(), {"turn_id": turn_id, "generation": 1, "step": 0}
        owner = {"workspace_id": self.workspace_id, "conversation_id": chat}
        wanted = {"id": call, "position": 0, "seq": 0, "name": "order", "arguments": '{"item": "tea"}'}
        within = timedelta(**seconds or {"seconds": 3600})
        approval_id = uuid4()
        async with self.database.begin() as connection:
            await connection.execute(insert(ToolCallRow).values(**owner, **turn, **wanted, state="planned"))
            asked = {"id": approval_id, "call_id": call, "state": "pending", "expires_at": self.clock + within}
            await connection.execute(insert(ApprovalRow).values(**owner, **asked))
        return approval_id

    async def pay(self, turn_id: UUID, input_tokens: int, output_tokens: int, cost: float | None) -> None:
        """A model was asked."""
        row = {"workspace_id": self.workspace_id, "conversation_id": self.conversation(), "turn_id": turn_id}
        used = {"generation": 1, "model": "m", "input_tokens": input_tokens, "output_tokens": output_tokens}
        spent = {"cost": cost, "duration_ms": 5, "bot_id": self.bot_id, "created_at": self.clock}
        async with self.database.begin() as connection:
            await connection.execute(insert(Usage).values(id=uuid4(), **row, **used, **spent))


async def set_scene(api: httpx.AsyncClient, database: Database, settings: Settings, **bot: object) -> Scene:
    """A bot and its channel, made through the API."""
    made = await api.post("/v1/bots", json={"name": "Ada", **bot})
    made.raise_for_status()
    described = {"platform": "telegram", "credentials": {"token": TOKEN}}
    channel = await api.post(f"/v1/bots/{made.json()['id']}/channels", json=described)
    channel.raise_for_status()
    workspace_id = await workspace_of(api, database)
    return Scene(database, settings, workspace_id, made.json(), channel.json(), datetime.now(UTC))


async def workspace_of(api: httpx.AsyncClient, database: Database) -> UUID:
    """The workspace that an admin's client speaks for."""
    name = (await api.get("/v1/keys")).json()["items"][0]["workspace"]
    async with database.begin() as connection:
        return await workspaces.ensure(connection, name)
