"""The files that a visitor's message names, as attachments of what was said."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import visitor_files
from api.problems import invalid
from domain.events import Attachment
from domain.media import kind_of


async def of_session(
    connection: AsyncConnection, session_id: UUID, named: list[tuple[UUID, str | None]]
) -> tuple[Attachment, ...]:
    """The files that a message names, with its captions; 422 for one that this session has not brought."""
    rows = await visitor_files.several(connection, session_id, [file_id for file_id, _ in named])
    found = []
    for file_id, caption in named:
        row = rows.get(file_id)
        if row is None:
            raise invalid(f"attachments: there is no file {str(file_id)!r}; bring it first.", "unknown_file")
        found.append(
            Attachment(
                kind=kind_of(row["type"]), name=row["name"], mime_type=row["type"], size_bytes=row["size_bytes"],
                media_id=str(file_id), caption=caption,
            )
        )  # fmt: skip
    return tuple(found)
