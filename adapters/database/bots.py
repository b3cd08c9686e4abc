"""Bots: kept with all their settings, listed, changed, and deleted by a mark."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from pydantic import JsonValue
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.channels import open_credentials, seal_credentials
from adapters.database.growing import GrowingRow, being_shown
from adapters.database.paging import Position, page_of
from adapters.database.records import DeliveryRow, Event
from adapters.database.scope import scoped
from adapters.database.tables import BotRow, Conversation
from adapters.database.tool_calls import effects_under_way
from adapters.vault import Vault
from domain.bots import Bot
from domain.conversations import Silence
from domain.deliveries import DeliveryState
from domain.events import EventState

_COLUMNS = (
    BotRow.id,
    BotRow.key,
    BotRow.settings,
    BotRow.credential_ends,
    BotRow.stopped_at,
    BotRow.created_at,
    BotRow.updated_at,
)


class KeyTaken(Exception):
    """Another bot of the workspace has this key."""


async def page(
    connection: AsyncConnection, workspace_id: UUID, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The bots of a workspace."""
    listing = scoped(select(*_COLUMNS).where(BotRow.deleted_at.is_(None)), workspace_id)
    return (await connection.execute(page_of(listing, BotRow.created_at, BotRow.id, after, limit))).mappings().all()


async def one(
    connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, *, lock: bool = False
) -> RowMapping | None:
    """A bot; `lock`: nobody else changes it until the transaction ends."""
    query = scoped(select(*_COLUMNS).where(BotRow.id == bot_id, BotRow.deleted_at.is_(None)), workspace_id)
    return (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()


async def exists(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID) -> bool:
    """Whether the workspace has, or had, such a bot."""
    return await connection.scalar(scoped(select(BotRow.id).where(BotRow.id == bot_id), workspace_id)) is not None


async def all_settings(connection: AsyncConnection, workspace_id: UUID) -> Sequence[Mapping[str, JsonValue]]:
    """What every bot of a workspace is."""
    query = select(BotRow.settings).where(BotRow.deleted_at.is_(None)).order_by(BotRow.created_at)
    return (await connection.scalars(scoped(query, workspace_id))).all()


async def add(connection: AsyncConnection, workspace_id: UUID, bot: Bot, key: str | None) -> UUID:
    """Keep a new bot; raises `KeyTaken`."""
    bot_id = uuid4()
    row = {"id": bot_id, "workspace_id": workspace_id, "key": key, **_settings(bot)}
    try:
        await connection.execute(insert(BotRow).values(row))
    except IntegrityError as error:
        raise _taken(error, key) from error
    return bot_id


async def change(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, bot: Bot, key: str | None) -> None:
    """Replace a bot's settings; raises `KeyTaken`."""
    changed = scoped(update(BotRow).where(BotRow.id == bot_id), workspace_id).values(key=key, **_settings(bot))
    try:
        await connection.execute(changed)
    except IntegrityError as error:
        raise _taken(error, key) from error


async def secrets(connection: AsyncConnection, vault: Vault, workspace_id: UUID, bot_id: UUID) -> dict[str, str]:
    """What the bot's tools tell to whom they call, in the clear; raises `KeyMissing`."""
    query = select(BotRow.credentials, BotRow.credentials_key_id).where(BotRow.id == bot_id)
    row = (await connection.execute(scoped(query, workspace_id))).one()
    return open_credentials(vault, bot_id, row.credentials, row.credentials_key_id)


async def keep_secrets(
    connection: AsyncConnection, vault: Vault, workspace_id: UUID, bot_id: UUID, wanted: dict[str, str]
) -> None:
    """Replace all secrets of a bot's tools."""
    changed = scoped(update(BotRow).where(BotRow.id == bot_id), workspace_id)
    await connection.execute(changed.values(**seal_credentials(vault, bot_id, wanted)))


async def remove(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, now: datetime) -> bool:
    """Mark a bot as deleted, and end what it holds, which nobody will answer; False when there is none."""
    removed = scoped(
        update(BotRow).where(BotRow.id == bot_id, BotRow.deleted_at.is_(None)).returning(BotRow.id), workspace_id
    )
    forgotten: dict[str, object] = {"credentials": None, "credentials_key_id": None, "credential_ends": {}}
    if await connection.scalar(removed.values(deleted_at=now, **forgotten)) is None:
        return False
    its_own = select(Conversation.id).where(Conversation.bot_id == bot_id)
    held = update(Event).where(Event.conversation_id.in_(its_own), Event.state == EventState.HELD)
    await connection.execute(held.values(state=EventState.IGNORED, reason=Silence.BOT_DELETED, ended_at=now))
    return True


async def in_flight(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, now: datetime) -> bool:
    """Whether a part of any of the bot's answers is being sent, or a tool of its does something, this moment."""
    acting = select(Conversation.id).where(Conversation.bot_id == bot_id, effects_under_way(Conversation.id, now))
    if await connection.scalar(scoped(acting, workspace_id).limit(1)) is not None:
        return True
    shown = being_shown(GrowingRow.conversation_id == Conversation.id, now)
    growing = select(Conversation.id).where(Conversation.bot_id == bot_id, shown)
    if await connection.scalar(scoped(growing, workspace_id).limit(1)) is not None:
        return True
    sending = select(Conversation.id).join(DeliveryRow, DeliveryRow.conversation_id == Conversation.id).where(
        Conversation.bot_id == bot_id,
        DeliveryRow.state == DeliveryState.SENDING,
        DeliveryRow.turn_id.is_not(None),
        DeliveryRow.lease_until > now,
    )  # fmt: skip
    return await connection.scalar(scoped(sending, workspace_id).limit(1)) is not None


def _settings(bot: Bot) -> dict[str, object]:
    return {"name": bot.name, "settings": bot.model_dump(mode="json")}


def _taken(error: IntegrityError, key: str | None) -> Exception:
    if isinstance(error.orig, UniqueViolation) and error.orig.diag.constraint_name == "uq_bots_key":
        return KeyTaken(f"another bot of this workspace has the key {key!r}; choose another, or change that bot")
    return error
