"""Files that are to be fetched: noted with their message, claimed by a lease, and given their end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.due import due
from adapters.database.records import MediaRow, Message
from adapters.database.tables import Conversation
from adapters.media.base import Measured
from domain.events import Attachment
from domain.media import FETCHED_KINDS, MediaState, media_id
from domain.text import shortened, storable

LEASE = timedelta(seconds=120)
"""How long a claimed file belongs to its attempt: longer than fetching may take."""
_NAME_CHARACTERS = 200


@dataclass(frozen=True)
class Wanted:
    """A file to be fetched, and the attempt that it is claimed for."""

    id: UUID
    workspace_id: UUID
    channel_id: UUID
    attachment: Attachment
    attempts: int


_WANT = insert(MediaRow).on_conflict_do_nothing()
_DUE = due(MediaRow.id, MediaRow.due_at, MediaRow.state == MediaState.WANTED)
_CLAIM = (
    update(MediaRow)
    .where(MediaRow.id.in_(_DUE.scalar_subquery()))
    .values(attempts=MediaRow.attempts + 1, due_at=bindparam("until"))
    .returning(MediaRow.id)
)
_WHAT = (
    select(MediaRow.id, MediaRow.workspace_id, MediaRow.attempts, MediaRow.position)
    .add_columns(Message.attachments, Conversation.channel_id)
    .join(Message, Message.id == MediaRow.message_id)
    .join(Conversation, Conversation.id == Message.conversation_id)
    .where(MediaRow.id.in_(bindparam("ids", expanding=True)))
)


async def want(
    connection: AsyncConnection,
    workspace_id: UUID,
    attached: Sequence[tuple[UUID, Sequence[Attachment]]],
    now: datetime,
) -> None:
    """Note the files of these messages, in the transaction that records them."""
    rows: list[dict[str, object]] = [
        {
            "id": media_id(message, position),
            "workspace_id": workspace_id,
            "message_id": message,
            "position": position,
            "state": MediaState.WANTED,
            "name": attachment.name,
            "due_at": now,
        }
        for message, attachments in attached
        for position, attachment in enumerate(attachments)
        if attachment.kind in FETCHED_KINDS and attachment.reference
    ]
    if rows:
        await connection.execute(_WANT, rows)


async def claim(connection: AsyncConnection, now: datetime, most: int) -> list[Wanted]:
    """Take the files that are due, at most so many; an attempt that dies leaves them to the next after the lease."""
    ids = (await connection.scalars(_CLAIM, {"now": now, "until": now + LEASE, "most": most})).all()
    if not ids:
        return []
    rows = await connection.execute(_WHAT, {"ids": ids})
    return [
        Wanted(row.id, row.workspace_id, row.channel_id, Attachment.model_validate(found), row.attempts)
        for row in rows
        if (found := row.attachments[row.position]) is not None
    ]


async def keep(connection: AsyncConnection, media: UUID, found: Measured) -> None:
    """The file is in the store."""
    values: dict[str, str | int] = {"type": found.type, "size_bytes": found.size_bytes, "sha256": found.sha256}
    await _settle(connection, media, state=MediaState.STORED, reason=None, due_at=None, **values)


async def give_up(connection: AsyncConnection, media: UUID, reason: str) -> None:
    """The file will not be had."""
    await _settle(connection, media, state=MediaState.FAILED, reason=reason, due_at=None)


async def postpone(connection: AsyncConnection, media: UUID, reason: str, due_at: datetime) -> None:
    """The file is to be fetched later."""
    await _settle(connection, media, reason=reason, due_at=due_at)


async def upload(connection: AsyncConnection, workspace_id: UUID, media: UUID, name: str, found: Measured) -> None:
    """A file that was brought to us, and is in the store."""
    row: dict[str, object] = {
        "id": media,
        "workspace_id": workspace_id,
        "state": MediaState.STORED,
        "name": shortened(storable(name), _NAME_CHARACTERS) or None,
        "type": found.type,
        "size_bytes": found.size_bytes,
        "sha256": found.sha256,
    }
    await connection.execute(insert(MediaRow).values(row))


async def _settle(connection: AsyncConnection, media: UUID, **values: str | int | datetime | None) -> None:
    # Whichever attempt is first to keep the file has kept the same bytes under the same name as a later one.
    settled = update(MediaRow).where(MediaRow.id == media, MediaRow.state == MediaState.WANTED)
    await connection.execute(settled.values(**values))
