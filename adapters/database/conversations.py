"""Conversations as they are listed and searched, each with its contact and whether a turn runs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paging import Position, page_of
from adapters.database.records import Message, Turn
from adapters.database.scope import scoped
from adapters.database.tables import Contact, Conversation
from domain.conversations import ConversationStatus, Voice
from domain.platforms import PlatformName

_turn_open = select(Turn.id).where(Turn.conversation_id == Conversation.id, Turn.ended_at.is_(None)).exists()
_last_activity = func.coalesce(Conversation.last_message_at, Conversation.created_at)
_open = Conversation.closed_at.is_(None)
_STATUS: dict[ConversationStatus, tuple[ColumnElement[bool], ...]] = {
    ConversationStatus.CLOSED: (Conversation.closed_at.is_not(None),),
    ConversationStatus.HANDED_OVER: (_open, Conversation.voice == Voice.OPERATOR),
    ConversationStatus.PAUSED: (_open, Conversation.voice == Voice.NOBODY),
    ConversationStatus.ACTIVE: (_open, Conversation.voice == Voice.BOT, _turn_open),
    ConversationStatus.WAITING: (_open, Conversation.voice == Voice.BOT, ~_turn_open),
}
"""`domain.conversations.status` as conditions."""


@dataclass(frozen=True)
class Wanted:
    """Which conversations are wanted.

    `since` and `until` bound the last message, `q` is looked for in the contact's name and id and in what was said.
    """

    bot_id: UUID | None = None
    channel_id: UUID | None = None
    status: ConversationStatus | None = None
    platform: PlatformName | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(
    connection: AsyncConnection, workspace_id: UUID, wanted: Wanted, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The conversations that are wanted, by when they began."""
    listing = scoped(_columns(), workspace_id).where(
        Conversation.deleted_at.is_(None), *_criteria(workspace_id, wanted)
    )
    ordered = page_of(listing, Conversation.created_at, Conversation.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()


async def one(connection: AsyncConnection, workspace_id: UUID, conversation_id: UUID) -> RowMapping | None:
    """A conversation."""
    query = scoped(_columns(), workspace_id).where(
        Conversation.id == conversation_id, Conversation.deleted_at.is_(None)
    )
    return (await connection.execute(query)).mappings().one_or_none()


def _columns() -> Select[UUID]:
    """One row for each conversation; the columns are those that `api.v1` shows."""
    columns = select(Conversation.id).join(Contact, Contact.id == Conversation.contact_id)
    return columns.add_columns(
        Conversation.bot_id, Conversation.channel_id, Conversation.platform, Conversation.thread, Conversation.voice,
        Conversation.closed_at, Conversation.turns, Conversation.undeliverable, Conversation.last_message_at,
        Conversation.heard_at, Conversation.created_at, Conversation.updated_at,
        Conversation.metadata_.label("metadata"),
        Contact.id.label("contact_id"), Contact.external_id.label("contact_external_id"),
        Contact.name.label("contact_name"), Contact.language.label("contact_language"),
        Contact.picture_url.label("contact_picture_url"),
        _turn_open.label("turn_open"),
    )  # fmt: skip


def _criteria(workspace_id: UUID, wanted: Wanted) -> list[ColumnElement[bool]]:
    criteria = [
        column == value
        for column, value in (
            (Conversation.bot_id, wanted.bot_id),
            (Conversation.channel_id, wanted.channel_id),
            (Conversation.platform, wanted.platform),
        )
        if value is not None
    ]
    if wanted.status is not None:
        criteria += _STATUS[wanted.status]
    if wanted.since is not None:
        criteria.append(_last_activity >= wanted.since)
    if wanted.until is not None:
        criteria.append(_last_activity < wanted.until)
    if wanted.q is not None:
        criteria.append(_mentions(workspace_id, wanted.q))
    return criteria


def _mentions(workspace_id: UUID, q: str) -> ColumnElement[bool]:
    """By ids found beforehand: names and words have an index for their parts, a join of both has none."""
    part = "%" + re.sub(r"([\\%_])", r"\\\1", q) + "%"
    named = select(Contact.id).where(Contact.name.ilike(part) | Contact.external_id.ilike(part))
    said = select(Message.conversation_id).where(Message.text.ilike(part))
    return or_(
        Conversation.contact_id.in_(scoped(named, workspace_id)), Conversation.id.in_(scoped(said, workspace_id))
    )
