"""Files as a workspace sees them: those of its messages, and those that it uploaded."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import RowMapping, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import MediaRow
from adapters.database.scope import scoped
from domain.events import Attachment
from domain.media import File, MediaState, kind_of, media_id

_UNNAMED = "file"


async def one(connection: AsyncConnection, workspace_id: UUID, media: UUID) -> RowMapping | None:
    """A file."""
    query = scoped(_columns().where(MediaRow.id == media), workspace_id)
    return (await connection.execute(query)).mappings().one_or_none()


async def linked(connection: AsyncConnection, media: UUID) -> RowMapping | None:
    """A file for whoever holds a signed link to it, of whichever workspace."""
    return (await connection.execute(_columns().where(MediaRow.id == media))).mappings().one_or_none()


async def several(connection: AsyncConnection, workspace_id: UUID, ids: Iterable[UUID]) -> dict[UUID, RowMapping]:
    """These files by their ids; what is not there, or another's, is left out."""
    wanted = list(ids)
    if not wanted:
        return {}
    query = scoped(_columns().where(MediaRow.id.in_(wanted)), workspace_id)
    return {row["id"]: row for row in (await connection.execute(query)).mappings()}


async def of_messages(
    connection: AsyncConnection, workspace_id: UUID, messages: Sequence[RowMapping]
) -> dict[UUID, RowMapping]:
    """The files of these messages, by their ids."""
    named = (found for row in messages for found in ids_of(row["id"], row["attachments"]) if found)
    return await several(connection, workspace_id, named)


def ids_of(message: UUID, attachments: Sequence[Mapping[str, object]]) -> list[UUID | None]:
    """The ids of a message's files, in order: given with what we say, computed for what was said to us."""
    found: list[UUID | None] = []
    for position, attachment in enumerate(attachments):
        given = attachment.get("media_id")
        computed = media_id(message, position) if attachment.get("reference") else None
        found.append(UUID(given) if isinstance(given, str) else computed)
    return found


async def to_send(
    connection: AsyncConnection, workspace_id: UUID, attachments: Sequence[Attachment]
) -> tuple[File, ...]:
    """The files of what we are about to say, in order."""
    ids = [UUID(item.media_id) for item in attachments if item.media_id]
    rows = await several(connection, workspace_id, ids)
    files = []
    for attachment in attachments:
        row = rows.get(UUID(attachment.media_id)) if attachment.media_id else None
        if row is not None and row["state"] == MediaState.STORED:
            files.append(_file(row, attachment))
    return tuple(files)


def _file(row: RowMapping, attachment: Attachment) -> File:
    wanted = attachment.kind
    kind = wanted if wanted in ("photo", "document", "voice", "audio", "video") else kind_of(row["type"])
    return File.model_validate(
        {
            "id": str(row["id"]),
            "kind": kind,
            "type": row["type"],
            "name": row["name"] or _UNNAMED,
            "size_bytes": row["size_bytes"],
            "caption": attachment.caption or "",
        }
    )


def _columns() -> Select[UUID]:
    return select(MediaRow.id).add_columns(
        MediaRow.workspace_id, MediaRow.state, MediaRow.reason, MediaRow.type, MediaRow.name, MediaRow.size_bytes,
        MediaRow.sha256, MediaRow.created_at,
    )  # fmt: skip
