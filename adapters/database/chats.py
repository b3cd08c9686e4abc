"""Chats: the contact and the conversation that an event belongs to, made when they are new, locked and numbered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    SQLColumnExpression,
    bindparam,
    case,
    func,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import members, profiles
from adapters.database.channels import ChannelAccess
from adapters.database.tables import Contact, Conversation
from domain.events import InboundEvent
from domain.ids import ConversationId, contact_id
from domain.names import person_of, told_at
from domain.profiles import is_asked_for


def _differs(new: ColumnElement[str | None], old: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    return new.is_not(None) & new.is_distinct_from(old)


_PROFILED = Contact.name.is_not(None) & Contact.picture_url.is_not(None)
"""A platform was asked who this is: what it calls the contact beside a message may be a mere handle."""
# Built once: building a statement costs more than running it, and these run for each webhook.
_MADE = insert(Contact).values(
    id=bindparam("contact"),
    workspace_id=bindparam("workspace"),
    channel_id=bindparam("channel"),
    external_id=bindparam("contact_external"),
    name=bindparam("contact_name"),
    language=bindparam("contact_language"),
)
_KEEP_CONTACT = _MADE.on_conflict_do_update(
    index_elements=[Contact.id],
    set_={
        "name": case((_PROFILED, Contact.name), else_=func.coalesce(_MADE.excluded.name, Contact.name)),
        "language": func.coalesce(_MADE.excluded.language, Contact.language),
        "updated_at": func.now(),
    },
    where=(~_PROFILED & _differs(_MADE.excluded.name, Contact.name))
    | _differs(_MADE.excluded.language, Contact.language),
)
_KEPT = _KEEP_CONTACT.returning(Contact.id).cte("kept")
_BEGUN = insert(Conversation).values(
    id=bindparam("conversation"),
    workspace_id=bindparam("workspace"),
    bot_id=bindparam("bot"),
    channel_id=bindparam("channel"),
    # Asked of the contact's statement, so that the contact is there, and locked, before the conversation.
    contact_id=func.coalesce(select(_KEPT.c.id).scalar_subquery(), bindparam("contact")),
    platform=bindparam("on"),
    chat=bindparam("in_chat"),
    thread=bindparam("in_thread"),
    last_message_at=bindparam("now"),
    heard_at=bindparam("heard"),
    last_seq=bindparam("count"),
)
_OPEN = _BEGUN.on_conflict_do_update(
    index_elements=[Conversation.id],
    set_={
        "chat": case(
            (
                bindparam("told_anew", type_=Boolean)
                & func.coalesce(_BEGUN.excluded.heard_at >= Conversation.heard_at, true()),
                _BEGUN.excluded.chat,
            ),
            else_=Conversation.chat,
        ),
        "last_seq": Conversation.last_seq + _BEGUN.excluded.last_seq,
        "last_message_at": _BEGUN.excluded.last_message_at,
        "heard_at": func.greatest(Conversation.heard_at, _BEGUN.excluded.heard_at),
        "closed_at": None,
        "undeliverable": None,
        "deleted_at": None,
        "updated_at": _BEGUN.excluded.last_message_at,
    },
).returning(Conversation.last_seq)
_NUMBER = (
    update(Conversation)
    .where(Conversation.id == bindparam("conversation"))
    .values(
        last_seq=Conversation.last_seq + bindparam("count", type_=Integer),
        heard_at=func.greatest(Conversation.heard_at, bindparam("heard", type_=DateTime(timezone=True))),
    )
    .returning(Conversation.last_seq)
)
_HOLD_OPENING = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))


@dataclass(frozen=True)
class Place:
    """What opens a conversation, the name under which that began, and where its answers go.

    `told_anew` is whether an older address is out of date by it.
    """

    event: InboundEvent
    began_as: str
    address: str | None
    told_anew: bool


def place_of(told: Sequence[InboundEvent], opening: InboundEvent, began_as: str, now: datetime) -> Place:
    """Where somebody is answered who said these things: at the newest number that came with the id for good."""
    numbered = max((event for event in told if person_of(event)), key=lambda event: told_at(event, now), default=None)
    return Place(opening, began_as, (numbered or opening).chat, told_anew=numbered is not None)


async def number(
    connection: AsyncConnection, conversation: ConversationId, count: int, heard_at: datetime | None
) -> int | None:
    """Lock a conversation and give out so many numbers; the last of them, None when there is no such conversation.

    `heard_at` is when the contact was heard, if what is numbered tells of that.
    """
    return await connection.scalar(_NUMBER, {"conversation": conversation, "count": count, "heard": heard_at})


async def open_chat(
    connection: AsyncConnection,
    access: ChannelAccess,
    conversation: ConversationId,
    place: Place,
    count: int,
    heard_at: datetime | None,
    now: datetime,
) -> int | None:
    """The same for an event that begins or goes on with a conversation: it exists then, and is not closed."""
    event = place.event
    row = {
        **_contact(access, place.began_as, event),
        "conversation": conversation,
        "workspace": access.workspace_id,
        "bot": access.bot_id,
        "channel": access.channel.id,
        "on": access.channel.platform,
        "in_chat": place.address,
        "told_anew": place.told_anew,
        "in_thread": event.thread,
        "now": now,
        "heard": heard_at,
        "count": count,
    }
    last_seq = await connection.scalar(_OPEN, row)
    if is_asked_for(access.channel.platform) and event.sender and not event.is_group:
        await profiles.want(connection, contact_id(access.channel.id, event.sender.external_id), now)
    elif is_asked_for(access.channel.platform) and event.sender and event.sender.name is None:
        await members.want(connection, access, event.sender, now)
    if last_seq == count:
        await hold_opening(connection, conversation)
    return last_seq


async def hold_opening(connection: AsyncConnection, conversation: ConversationId) -> None:
    """Until this transaction ends, nobody else opens the conversation, or records that it is not open."""
    await connection.execute(_HOLD_OPENING, {"name": str(conversation)})


def _contact(access: ChannelAccess, chat: str, event: InboundEvent) -> dict[str, object]:
    """The contact's columns; whoever is the chat stays the same contact under every name of it."""
    sender = event.sender
    external = chat if event.is_group or sender is None else sender.external_id
    is_chat = sender is not None and sender.external_id == event.chat
    title = event.details.get("chat_title")
    name = (title if isinstance(title, str) else None) if event.is_group else (sender.name if sender else None)
    return {
        "contact": contact_id(access.channel.id, chat if is_chat else external),
        "contact_external": external,
        "contact_name": name,
        "contact_language": sender.language if sender and not event.is_group else None,
    }
