"""Files that visitors of a webchat bring: each is of its session, and of a message once it was sent with one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import MediaRow
from adapters.media.base import Measured
from domain.events import Attachment
from domain.media import MediaState

MOST = 100
"""How many files one transaction of retention takes away: their bytes go while their rows are locked."""
_UNSENT = (MediaRow.session_id.is_not(None), MediaRow.message_id.is_(None))


async def add(
    connection: AsyncConnection, workspace_id: UUID, session_id: UUID, media: UUID, name: str, found: Measured
) -> None:
    """A file that is in the store; brought twice it is one."""
    row: dict[str, object] = {
        "id": media,
        "workspace_id": workspace_id,
        "session_id": session_id,
        "state": MediaState.STORED,
        "name": name,
        "type": found.type,
        "size_bytes": found.size_bytes,
        "sha256": found.sha256,
    }
    await connection.execute(insert(MediaRow).values(row).on_conflict_do_nothing())


async def several(connection: AsyncConnection, session_id: UUID, ids: Iterable[UUID]) -> dict[UUID, RowMapping]:
    """These files of a session, by their ids; another's are left out."""
    columns = select(MediaRow.id, MediaRow.type, MediaRow.name, MediaRow.size_bytes)
    query = columns.where(MediaRow.session_id == session_id, MediaRow.id.in_(list(ids)))
    return {row["id"]: row for row in (await connection.execute(query)).mappings()}


async def unsent(connection: AsyncConnection, session_id: UUID) -> int:
    """How many files a session has brought and not sent."""
    query = select(func.count()).where(MediaRow.session_id == session_id, *_UNSENT)
    return await connection.scalar(query) or 0


async def send(connection: AsyncConnection, attached: Sequence[tuple[UUID, Sequence[Attachment]]]) -> None:
    """The files belong to these messages from now on; in the transaction that records them."""
    for message, attachments in attached:
        for position, attachment in enumerate(attachments):
            if attachment.media_id is None:
                continue
            sent = update(MediaRow).where(MediaRow.id == UUID(attachment.media_id), *_UNSENT)
            await connection.execute(sent.values(message_id=message, position=position))


async def abandoned(connection: AsyncConnection, before: datetime) -> Sequence[RowMapping]:
    """Files that were brought before and never sent, locked until the transaction ends."""
    old = (
        select(MediaRow.id, MediaRow.workspace_id)
        .where(*_UNSENT, MediaRow.created_at < before)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(old)).mappings().all()


async def remove(connection: AsyncConnection, ids: Iterable[UUID]) -> None:
    """Forget these files, whose bytes are gone."""
    await connection.execute(delete(MediaRow).where(MediaRow.id.in_(list(ids))))
