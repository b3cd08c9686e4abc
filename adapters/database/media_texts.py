"""What files say, read once and kept."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.prompt_records import MediaText


@dataclass(frozen=True)
class KeptText:
    """What a file says, or why that could not be read."""

    text: str
    reason: str | None
    is_cut: bool


async def of(connection: AsyncConnection, media_id: UUID) -> KeptText | None:
    """What a file says; None where nobody has looked."""
    query = select(MediaText.text, MediaText.reason, MediaText.is_cut).where(MediaText.media_id == media_id)
    row = (await connection.execute(query)).one_or_none()
    return KeptText(row.text, row.reason, row.is_cut) if row else None


async def keep(connection: AsyncConnection, media_id: UUID, text: str, reason: str | None, *, is_cut: bool) -> None:
    """Keep what a file says; whoever reads it again finds the same."""
    row = {"media_id": media_id, "text": text, "reason": reason, "is_cut": is_cut}
    await connection.execute(insert(MediaText).values(row).on_conflict_do_nothing())
