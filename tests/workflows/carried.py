"""Telling a conversation's workflow of an event whole, as the front door does where PostgreSQL does not take it."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from pydantic import JsonValue

from adapters.database.handovers import Batch, burst_policy
from adapters.temporal.client import connect
from adapters.temporal.handover import Handing
from domain.handovers import Item, Unrecorded
from domain.ids import ConversationId, event_id
from tests.product import MadeChannel, Product, Visitor


async def carry(product: Product, channel: MadeChannel, visitor: Visitor, **told: JsonValue) -> str:
    """Tell the visitor's conversation of a message, or of something else; the event's id."""
    access = await product.access(channel)
    key, chat = str(uuid4()), str(visitor.session["session_id"])
    event: dict[str, JsonValue] = {"key": key, "kind": "message", "chat": chat, "text": "hello", **told}
    whole = Unrecorded(channel_id=str(channel.id), event=event)
    item = Item(id=str(event_id(access.channel.id, key)), received_at=datetime.now(UTC), unrecorded=whole)
    conversation = ConversationId(UUID(str(visitor.session["conversation_id"])))
    batch = Batch(
        conversation, access.workspace_id, access.bot_id, access.channel.id, access.channel.platform, access.bot.name,
        burst_policy(access.bot.bursts), (item,), None, starts=True, more=False,
    )  # fmt: skip
    handing = Handing(product.database, await connect(product.settings), product.settings.task_queue)
    assert await handing.carry(batch)
    return item.id
