"""When what was sent reached the contact, and was read: one part of it, or all up to a moment.

Receipts come in any order and more than once: of several times the earliest is kept, and what was read was delivered.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import DeliveryRow, Event
from domain.events import ARRIVED, READ, InboundEvent, receipt_key
from domain.ids import ChannelId, ConversationId, event_id

_LONGEST = timedelta(days=30)
"""How old what is read may be: a chat with years of messages that nobody was told of is not written anew."""
_CALL = timedelta(seconds=1)
"""The platform had a part this much before its call was answered and the part counted as sent."""


def _noted(status: str) -> dict[str, ColumnElement[datetime]]:
    """The columns that a status fills."""
    at = bindparam("at", type_=DeliveryRow.read_at.type)
    columns = (DeliveryRow.delivered_at, DeliveryRow.read_at) if status in READ else (DeliveryRow.delivered_at,)
    # LEAST passes over what is NULL.
    return {column.key: func.least(column, at) for column in columns}


_OF_PART = {
    status: update(DeliveryRow).where(DeliveryRow.id == bindparam("part_id")).values(_noted(status))
    for status in ARRIVED
}
# The state is written out, as a partial index wants it.
_UP_TO = {
    status: update(DeliveryRow)
    .where(
        DeliveryRow.conversation_id == bindparam("conversation"),
        DeliveryRow.state == literal_column("'sent'"),
        DeliveryRow.read_at.is_(None),
        DeliveryRow.sent_at.between(bindparam("since"), bindparam("until")),
        *(() if status in READ else (DeliveryRow.delivered_at.is_(None),)),
    )
    .values(_noted(status))
    for status in ARRIVED
}


async def note(connection: AsyncConnection, part: UUID, status: str, at: datetime) -> None:
    """The contact has a part, or read it; a status that says less changes nothing."""
    if status in ARRIVED:
        await connection.execute(_OF_PART[status], {"part_id": part, "at": at})


async def note_up_to(
    connection: AsyncConnection, conversation: ConversationId, status: str, until: datetime, at: datetime
) -> None:
    """The contact has all that was sent until then, or read it; what was read before is not touched."""
    if status in ARRIVED:
        span = {"since": until - _LONGEST, "until": until + _CALL}
        await connection.execute(_UP_TO[status], {"conversation": conversation, "at": at, **span})


async def note_forestalled(
    connection: AsyncConnection, part: UUID, channel: ChannelId, platform_message_id: str
) -> None:
    """Take up what was told of a part by the platform's name before that name was known; the caller has its lock."""
    keys = [receipt_key(platform_message_id, status) for status in ARRIVED]
    told = select(Event.payload, Event.received_at).where(Event.id.in_([event_id(channel, key) for key in keys]))
    for row in await connection.execute(told):
        receipt = InboundEvent.model_validate(row.payload)
        await note(connection, part, str(receipt.details.get("status")), receipt.occurred_at or row.received_at)
