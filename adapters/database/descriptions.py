"""Contacts as their owner sees and describes them."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.scope import scoped
from adapters.database.tables import Contact, Conversation

_COLUMNS = (
    Contact.id, Contact.channel_id, Contact.external_id, Contact.name, Contact.language, Contact.picture_url,
    Contact.created_at, Contact.updated_at, Contact.metadata_.label("metadata"),
)  # fmt: skip


async def one(
    connection: AsyncConnection, workspace_id: UUID, contact_id: UUID, *, lock: bool = False
) -> RowMapping | None:
    """A contact; `lock`: nobody else changes it until the transaction ends."""
    query = scoped(select(*_COLUMNS).where(Contact.id == contact_id, Contact.deleted_at.is_(None)), workspace_id)
    return (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()


async def describe(
    connection: AsyncConnection, workspace_id: UUID, contact_id: UUID, metadata: Mapping[str, JsonValue]
) -> None:
    """Replace what its owner says of a contact."""
    changed = scoped(update(Contact).where(Contact.id == contact_id), workspace_id)
    await connection.execute(changed.values(metadata_=metadata))


async def describe_conversation(
    connection: AsyncConnection, workspace_id: UUID, conversation_id: UUID, metadata: Mapping[str, JsonValue]
) -> None:
    """Replace what its owner says of a conversation."""
    changed = scoped(update(Conversation).where(Conversation.id == conversation_id), workspace_id)
    await connection.execute(changed.values(metadata_=metadata))
