"""Quotes: the messages that others reply to, as they are on record now."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, Uuid, bindparam, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import DeliveryRow, Message

_NAMES = func.any(bindparam("names", type_=ARRAY(Text)))
_IN = bindparam("conversation", type_=Uuid())
_FOUND = union_all(
    select(
        DeliveryRow.platform_message_id.label("name"), Message.id, Message.text, Message.sender,
        literal(True).label("ours"), Message.deleted_at,
    )
    .join(Message, Message.id == DeliveryRow.message_id)
    .where(DeliveryRow.conversation_id == _IN, DeliveryRow.platform_message_id == _NAMES),
    select(
        Message.platform_message_id, Message.id, Message.text, Message.sender, literal(False), Message.deleted_at
    ).where(Message.conversation_id == _IN, Message.platform_message_id == _NAMES, Message.direction == "inbound"),
)  # fmt: skip


async def find(
    connection: AsyncConnection, conversation_id: UUID, names: Collection[str]
) -> Mapping[str, Row[*tuple[object, ...]]]:
    """The messages that the platform calls so, and of ours those whose parts it calls so."""
    if not names:
        return {}
    rows = await connection.execute(_FOUND, {"conversation": conversation_id, "names": list(names)})
    return {row.name: row for row in rows}
