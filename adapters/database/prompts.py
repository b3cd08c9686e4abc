"""Prompts: named texts of a workspace, each with all its versions, of which one is in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paging import Position, page_of
from adapters.database.prompt_records import PromptRow, PromptVersion
from adapters.database.scope import scoped
from adapters.database.tables import BotRow


class PromptNameTaken(Exception):
    """Another prompt of the workspace has this name."""


@dataclass(frozen=True)
class Text:
    """What a prompt says in a version."""

    version: int
    text: str


def _columns() -> Select[UUID]:
    columns = select(PromptRow.id).join(
        PromptVersion, (PromptVersion.prompt_id == PromptRow.id) & (PromptVersion.version == PromptRow.version)
    )
    return columns.add_columns(
        PromptRow.name, PromptRow.version, PromptRow.last_version, PromptVersion.text, PromptVersion.note,
        PromptRow.created_at, PromptRow.updated_at,
    ).where(PromptRow.deleted_at.is_(None))  # fmt: skip


async def page(
    connection: AsyncConnection, workspace_id: UUID, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The prompts of a workspace, with what they say now."""
    listing = scoped(_columns(), workspace_id)
    ordered = page_of(listing, PromptRow.created_at, PromptRow.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()


async def one(connection: AsyncConnection, workspace_id: UUID, name: str, *, lock: bool = False) -> RowMapping | None:
    """A prompt; `lock`: nobody else changes it, or names it anew, until the transaction ends."""
    if lock:
        # A statement of its own: only a later one sees the version that a former holder of the lock has left in use.
        held = select(PromptRow.id).where(PromptRow.name == name, PromptRow.deleted_at.is_(None)).with_for_update()
        await connection.execute(scoped(held, workspace_id))
    query = scoped(_columns().where(PromptRow.name == name), workspace_id)
    return (await connection.execute(query)).mappings().one_or_none()


async def text_of(connection: AsyncConnection, workspace_id: UUID, name: str, version: int | None) -> Text | None:
    """What a prompt says in a version, or in the one that is in use; None where there is none."""
    wanted = PromptVersion.version == (PromptRow.version if version is None else version)
    query = (
        select(PromptVersion.version, PromptVersion.text)
        .join(PromptRow, PromptRow.id == PromptVersion.prompt_id)
        .where(PromptRow.name == name, PromptRow.deleted_at.is_(None), wanted)
    )
    row = (await connection.execute(scoped(query, workspace_id))).one_or_none()
    return Text(row.version, row.text) if row else None


async def named(connection: AsyncConnection, workspace_id: UUID, name: str, version: int | None) -> Text | None:
    """The same, for a bot that is to name it: nobody deletes the prompt until the transaction ends."""
    kept = select(PromptRow.id).where(PromptRow.name == name, PromptRow.deleted_at.is_(None))
    if await connection.scalar(scoped(kept.with_for_update(read=True), workspace_id)) is None:
        return None
    return await text_of(connection, workspace_id, name, version)


async def versions(
    connection: AsyncConnection, workspace_id: UUID, prompt_id: UUID, before: int, limit: int
) -> Sequence[RowMapping]:
    """The versions of a prompt before one, newest first, and one more than asked for."""
    columns = (PromptVersion.version, PromptVersion.text, PromptVersion.note, PromptVersion.created_at)
    query = select(*columns).where(PromptVersion.prompt_id == prompt_id, PromptVersion.version < before)
    ordered = scoped(query, workspace_id).order_by(PromptVersion.version.desc()).limit(limit + 1)
    return (await connection.execute(ordered)).mappings().all()


async def add(connection: AsyncConnection, workspace_id: UUID, name: str, text: str, note: str) -> None:
    """Keep a new prompt as its first version; raises `PromptNameTaken`."""
    prompt_id = uuid4()
    try:
        await connection.execute(insert(PromptRow).values(id=prompt_id, workspace_id=workspace_id, name=name))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation) and error.orig.diag.constraint_name == "uq_prompts_name":
            raise PromptNameTaken(f"there is a prompt {name!r} already; give it a new version") from error
        raise
    await _write(connection, workspace_id, prompt_id, 1, text, note)


async def add_version(
    connection: AsyncConnection, workspace_id: UUID, prompt_id: UUID, text: str, note: str, *, activate: bool
) -> None:
    """Keep a new version of a prompt that is locked, and use it where that is wanted."""
    counted = scoped(update(PromptRow).where(PromptRow.id == prompt_id), workspace_id).values(
        last_version=PromptRow.last_version + 1
    )
    version = await connection.scalar(counted.returning(PromptRow.last_version))
    assert version is not None
    await _write(connection, workspace_id, prompt_id, version, text, note)
    if activate:
        await use(connection, workspace_id, prompt_id, version)


async def use(connection: AsyncConnection, workspace_id: UUID, prompt_id: UUID, version: int) -> bool:
    """Have a version in use; False where there is none."""
    known = select(PromptVersion.version).where(PromptVersion.prompt_id == prompt_id, PromptVersion.version == version)
    if await connection.scalar(scoped(known, workspace_id)) is None:
        return False
    await connection.execute(
        scoped(update(PromptRow).where(PromptRow.id == prompt_id), workspace_id).values(version=version)
    )
    return True


async def users(connection: AsyncConnection, workspace_id: UUID, name: str) -> Sequence[str]:
    """The names of the bots that name a prompt."""
    uses = BotRow.settings.contains({"prompt": {"name": name}})
    query = select(BotRow.name).where(BotRow.deleted_at.is_(None), uses).order_by(BotRow.name)
    return (await connection.scalars(scoped(query, workspace_id))).all()


async def remove(connection: AsyncConnection, workspace_id: UUID, prompt_id: UUID, now: datetime) -> None:
    """Mark a prompt as deleted; what it said stays on record."""
    await connection.execute(
        scoped(update(PromptRow).where(PromptRow.id == prompt_id), workspace_id).values(deleted_at=now)
    )


async def _write(
    connection: AsyncConnection, workspace_id: UUID, prompt_id: UUID, version: int, text: str, note: str
) -> None:
    row = {"prompt_id": prompt_id, "version": version, "workspace_id": workspace_id, "text": text, "note": note}
    await connection.execute(insert(PromptVersion).values(row))
