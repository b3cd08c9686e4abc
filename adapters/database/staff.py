"""What staff did past the bot: their words are said in the conversation, and the bot falls silent as by a takeover."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Text, bindparam, cast, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import media_fetching, voice
from adapters.database.channels import ChannelAccess
from adapters.database.records import DeliveryRow, Message
from adapters.database.tables import Conversation
from domain.conversations import Voice
from domain.deliveries import DeliveryState
from domain.events import InboundEvent
from domain.ids import ConversationId
from domain.staff import control, deed, takes_over

if TYPE_CHECKING:
    from adapters.database.events import Recording

_VOICE = select(Conversation.voice).where(Conversation.id == bindparam("conversation"))


def begins(access: ChannelAccess, event: InboundEvent) -> bool:
    """Whether an event begins a conversation although nothing in it is to be answered."""
    return takes_over(access.channel.settings) and deed(event) == "said" and event.chat is not None


async def note(
    connection: AsyncConnection, access: ChannelAccess, new: "Sequence[Recording]", now: datetime
) -> list[ConversationId]:
    """Record what staff did, where the channel wants that; the conversations whose workflows are to be told.

    The caller holds the locks of all these conversations.
    """
    changed: dict[ConversationId, None] = {}
    for item in new if takes_over(access.channel.settings) else ():
        done = deed(item.event)
        if done is None or item.conversation is None:
            continue
        if done == "said" and not await _say(connection, access, item, item.conversation, now):
            continue
        held = Voice(await connection.scalar(_VOICE, {"conversation": item.conversation}) or Voice.BOT)
        wanted = control(done, held, item.event.occurred_at, now)
        if wanted is not None:
            await voice.control(connection, item.conversation, access.workspace_id, wanted, now=now)
            changed[item.conversation] = None
    return list(changed)


async def _say(
    connection: AsyncConnection, access: ChannelAccess, item: "Recording", conversation: UUID, now: datetime
) -> bool:
    """Record the words as an operator's that have been sent; False for what is known, or was ours."""
    event, name = item.event, item.event.platform_message_id or item.event.key
    if await _is_ours(connection, conversation, name, event.details.get("mark")):
        return False
    sent_at = min(event.occurred_at or now, now)
    place = {"workspace_id": access.workspace_id, "conversation_id": conversation, "reply": f"staff:{name}"}
    message = insert(Message).values(
        id=item.id, **place, seq=item.seq, direction="outbound", author="operator", text=event.text,
        attachments=[attached.model_dump(mode="json", exclude_none=True) for attached in event.attachments],
        platform_message_id=name, reply_to=event.reply_to, sent_at=sent_at,
    )  # fmt: skip
    if await connection.scalar(message.on_conflict_do_nothing().returning(Message.id)) is None:
        return False
    part = insert(DeliveryRow).values(
        id=uuid4(), **place, channel_id=access.channel.id, message_id=item.id, part=1, payload={},
        state=DeliveryState.SENT, platform_message_id=name, sent_at=sent_at, attempts=1,
    )  # fmt: skip
    await connection.execute(part)
    if event.attachments:
        await media_fetching.want(connection, access.workspace_id, [(item.id, event.attachments)], now)
    return True


async def _is_ours(connection: AsyncConnection, conversation: UUID, name: str, mark: JsonValue) -> bool:
    """Whether it is a message of our own, which a platform tells of as if it were another's."""
    named = or_(DeliveryRow.platform_message_id == name, cast(DeliveryRow.id, Text) == str(mark))
    ours = select(DeliveryRow.id).where(DeliveryRow.conversation_id == conversation, named)
    return await connection.scalar(ours.limit(1)) is not None
