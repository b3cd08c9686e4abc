"""Contacts: who is on the other side, and the picture that was fetched of them last."""

from uuid import UUID

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.scope import scoped
from adapters.database.tables import ChannelRow, Contact


async def one(connection: AsyncConnection, workspace_id: UUID, contact_id: UUID) -> RowMapping | None:
    """A contact, with its channel and platform."""
    query = (
        select(
            Contact.id, Contact.external_id, Contact.name, Contact.language, Contact.picture_url, Contact.channel_id,
            Contact.created_at, Contact.updated_at, Contact.metadata_.label("metadata"), Contact.picture,
            ChannelRow.platform,
        )
        .join(ChannelRow, ChannelRow.id == Contact.channel_id)
        .where(Contact.id == contact_id, Contact.deleted_at.is_(None))
    )  # fmt: skip
    return (await connection.execute(scoped(query, workspace_id))).mappings().one_or_none()


async def keep_picture(
    connection: AsyncConnection, workspace_id: UUID, contact_id: UUID, version: str, media_id: UUID
) -> None:
    """Which file in our store is the contact's picture of this version."""
    noted = scoped(update(Contact).where(Contact.id == contact_id), workspace_id)
    await connection.execute(noted.values(picture={"version": version, "media_id": str(media_id)}))
