"""What contacts said: the messages of events, with the files that came with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import choices, media_fetching, reactions, visitor_files
from adapters.database.channels import ChannelAccess
from adapters.database.records import Message
from domain.events import EventKind
from domain.hearing import edition

if TYPE_CHECKING:
    from adapters.database.events import Recording

# Built once: building a statement costs more than running it, and this runs for each webhook.
_INSERT = insert(Message)


async def keep(
    connection: AsyncConnection, access: ChannelAccess, spoken: "Sequence[Recording]", now: datetime
) -> None:
    """Write the messages of these events, which are recorded, and have their files fetched."""
    await connection.execute(_INSERT, [_message(access, item) for item in spoken])
    attached = [(item.id, item.event.attachments) for item in spoken if item.event.attachments]
    await media_fetching.want(connection, access.workspace_id, attached, now)
    await visitor_files.send(connection, attached)


def _message(access: ChannelAccess, item: "Recording") -> dict[str, object]:
    event = item.event
    return {
        "id": item.id,
        "workspace_id": access.workspace_id,
        "conversation_id": item.conversation,
        "seq": item.seq,
        "direction": "inbound",
        "author": "contact",
        "sender": {"id": event.sender.external_id, "name": event.sender.name} if event.sender else None,
        "text": event.text,
        "attachments": [attachment.model_dump(mode="json", exclude_none=True) for attachment in event.attachments],
        "platform_message_id": reactions.name_of(event),
        "client_message_id": event.details.get("client_msg_id"),
        "reply_to": event.reply_to,
        "sent_at": event.occurred_at,
        "edition": edition(event) if event.kind is EventKind.EDIT else None,
        "metadata": choices.metadata(event),
    }
