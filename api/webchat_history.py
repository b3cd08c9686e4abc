"""What a webchat visitor sees of the conversation: the message shape of the API, with the text as safe HTML."""

import html
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import messages
from adapters.database.engine import Database
from adapters.database.records import Event, Message
from adapters.database.tables import Conversation
from adapters.platforms.text import html as markdown_html
from api.media_links import Links
from api.v1 import objects
from domain.conversations import ConversationStatus, Voice, status
from domain.ids import ChannelId

_CHANGES_AT_ONCE = 50


class Shown(objects.Message):
    """A message as the page shows it; a deleted one keeps its place and loses its text."""

    html: str
    client_msg_id: str | None = None


class ShownPage(BaseModel):
    """Messages, oldest first; `next_cursor` is the `after_seq` of the next page."""

    items: list[Shown]
    next_cursor: str | None


@dataclass(frozen=True)
class Change:
    """One durable event of the stream."""

    seq: int
    event: Literal["message", "message_updated", "message_deleted"]
    message: Shown


async def last_seq(connection: AsyncConnection, conversation_id: UUID) -> int:
    """The newest number of a conversation; 0 before its first message."""
    found = await connection.scalar(select(Conversation.last_seq).where(Conversation.id == conversation_id))
    return found or 0


async def standing(database: Database, conversation_id: UUID) -> ConversationStatus:
    """How the conversation stands, for the visitor: a turn that runs shows as typing, not as a status."""
    query = select(Conversation.voice, Conversation.closed_at).where(Conversation.id == conversation_id)
    async with database.once() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        return ConversationStatus.WAITING
    return status(closed=row.closed_at is not None, voice=Voice(row.voice), turn_open=False)


async def recorded(database: Database, channel_id: ChannelId, key: str) -> tuple[UUID, int]:
    """The message that an event with this key brought: its id and number."""
    query = select(Event.id, Event.seq).where(Event.channel_id == channel_id, Event.key == key)
    async with database.begin() as connection:
        row = (await connection.execute(query)).one()
    return row.id, row.seq


async def page(
    database: Database, links: Links, workspace_id: UUID, conversation_id: UUID, after_seq: int, limit: int
) -> ShownPage:
    """The messages behind a number that the visitor said or has received."""
    visible = (
        select(Message.id)
        .where(Message.conversation_id == conversation_id, Message.seq > after_seq, _is_visible())
        .order_by(Message.seq)
        .limit(limit + 1)
    )
    async with database.begin() as connection:
        ids = (await connection.scalars(visible)).all()
        shown = await _shown(connection, links, workspace_id, list(ids[:limit]))
    return ShownPage(items=shown, next_cursor=str(shown[-1].seq) if len(ids) > limit else None)


async def changes(
    database: Database, links: Links, workspace_id: UUID, conversation_id: UUID, after_seq: int
) -> list[Change]:
    """What happened behind a number, in order: new messages, and changes of older ones under numbers of their own."""
    said = _numbered(Message.seq, conversation_id, after_seq, changed=False)
    changed = _numbered(type_coerce(Message.changed_seq, BigInteger), conversation_id, after_seq, changed=True)
    # By their own numbers: a reader that goes on behind the last one has missed nothing before it.
    query = union_all(said, changed).order_by("number", "changed").limit(_CHANGES_AT_ONCE)
    async with database.begin() as connection:
        rows = (await connection.execute(query)).all()
        found = await _shown(connection, links, workspace_id, list({row.id for row in rows}))
    shown = {item.id: item for item in found}
    return [Change(row.number, _event(shown[row.id], changed=row.changed), shown[row.id]) for row in rows]


def _numbered(
    number: SQLColumnExpression[int], conversation_id: UUID, after_seq: int, *, changed: bool
) -> Select[UUID]:
    behind = select(Message.id).where(Message.conversation_id == conversation_id, number > after_seq, _is_visible())
    numbered = behind.add_columns(number.label("number"), literal(changed).label("changed"))
    return numbered.order_by(number).limit(_CHANGES_AT_ONCE)


def _event(message: Shown, *, changed: bool) -> Literal["message", "message_updated", "message_deleted"]:
    if not changed:
        return "message"
    return "message_deleted" if message.deleted_at else "message_updated"


def _is_visible() -> ColumnElement[bool]:
    return or_(Message.direction == "inbound", Message.sent_at.is_not(None))


async def _shown(connection: AsyncConnection, links: Links, workspace_id: UUID, ids: list[UUID]) -> list[Shown]:
    detailed = await messages.several(connection, workspace_id, ids)
    return [_show(objects.message(item, links), item.message["client_message_id"]) for item in detailed]


def _show(message: objects.Message, client_msg_id: str | None) -> Shown:
    text = "" if message.deleted_at else message.text
    own = message.direction == "inbound"
    rendered = html.escape(text).replace("\n", "<br>") if own else markdown_html.render(text)
    fields = message.model_dump() | {"text": text, "html": rendered, "client_msg_id": client_msg_id}
    if message.deleted_at:
        fields |= {"attachments": (), "buttons": ()}
    return Shown.model_validate(fields)
