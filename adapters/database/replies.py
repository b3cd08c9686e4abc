"""Replies: what is to be said, to whom, and under which name, loaded for one delivery."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import channels, ledger, media, transcripts
from adapters.database.channels import ChannelAccess
from adapters.database.ledger import Plan
from adapters.database.notifications import conversation_changed
from adapters.database.records import Completion, DeliveryRow, Event, Message
from adapters.database.voice import say_key
from adapters.platforms.base import Destination, Payload
from adapters.vault import Vault
from domain.buttons import Button
from domain.commands import fixed_text
from domain.deliveries import DeliveryState
from domain.events import OPEN_STATES, Attachment
from domain.media import File
from domain.templates import TemplateMessage
from domain.turns import Account, Reply, ReplyKind, reply_key

_MOST_ANSWERED = 10
_ANSWER_BY = Event.payload["details"]["answer_by"]
# Built once: building a statement costs more than running it.
_ANSWERED = (
    select(
        Event.payload["platform_message_id"].as_string().label("heard"),
        Event.payload["is_group"].as_boolean().label("is_group"),
        _ANSWER_BY.label("answer_by"),
    )
    .where(Event.turn_id == bindparam("turn"))
    .order_by(_ANSWER_BY.is_not(None).desc(), Event.seq.desc(), Event.received_at.desc())
    .limit(_MOST_ANSWERED)
)


@dataclass(frozen=True)
class Job:
    """One reply with everything that its delivery needs."""

    conversation_id: UUID
    key: str
    kind: ReplyKind
    reason: str | None
    text: str
    turn_id: UUID | None
    generation: int
    message_id: UUID | None
    event_id: UUID | None
    access: ChannelAccess
    destination: Destination
    give_up: bool
    files: tuple[File, ...] = ()
    buttons: tuple[Button, ...] = ()
    template: TemplateMessage | None = None

    @property
    def bound_to_voice(self) -> bool:
        """Whether it may be said only while the bot has the voice; an operator's words always may."""
        return self.message_id is None

    def planned(self, payloads: Sequence[Payload], *, is_numbered: bool = False) -> Plan:
        """The reply as the ledger is to hold it."""
        return Plan(
            reply=self.key,
            text=self.text,
            author="bot",
            payloads=payloads,
            turn_id=self.turn_id,
            message_id=self.message_id,
            buttons=self.buttons,
            is_numbered=is_numbered,
        )


async def load(connection: AsyncConnection, vault: Vault, reply: Reply) -> Job | None:
    """The job of a reply; None when its conversation or channel is gone, or nothing was said."""
    conversation_id = UUID(reply.conversation_id)
    found = await transcripts.destination(connection, conversation_id)
    access = await channels.load(connection, vault, found[0]) if found else None
    if found is None or access is None:
        return None
    words = await (
        _said(connection, UUID(reply.message_id)) if reply.message_id else _of_turn(connection, reply, access)
    )
    if words is None:
        return None
    return Job(
        conversation_id=conversation_id,
        key=words.key,
        kind=reply.kind,
        reason=reply.reason,
        text=words.text,
        turn_id=UUID(reply.turn_id) if reply.turn_id else None,
        generation=reply.generation,
        message_id=words.message_id,
        event_id=UUID(reply.message_id) if reply.message_id else None,
        access=access,
        destination=await answering(connection, UUID(reply.turn_id), found[1]) if reply.turn_id else found[1],
        give_up=reply.give_up,
        files=await media.to_send(connection, access.workspace_id, words.attachments),
        buttons=words.buttons,
        template=words.template,
    )


async def answering(connection: AsyncConnection, turn_id: UUID, place: Destination) -> Destination:
    """Where an answer goes, with what it answers: the newest message of its turn, first of those to answer by.

    Where others write too it is a reply to that message; in a chat of two that would say nothing.
    """
    rows = (await connection.execute(_ANSWERED, {"turn": turn_id})).all()
    if not rows:
        return place
    answer_by = tuple(row.answer_by for row in rows if row.answer_by)
    first = rows[0]
    known = {"heard": first.heard, "is_group": first.is_group or False, "answer_by": answer_by}
    return place.model_copy(update={**known, "reply_to": first.heard if first.is_group else None})


@dataclass(frozen=True)
class _Words:
    """What a reply says, and its name."""

    key: str
    text: str
    message_id: UUID | None = None
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()
    template: TemplateMessage | None = None


async def _of_turn(connection: AsyncConnection, reply: Reply, access: ChannelAccess) -> _Words | None:
    """A turn's reply: from the bot's settings, or what the model was paid for."""
    text = fixed_text(reply.kind, access.bot)
    if text is None and reply.turn_id is not None:
        stored = select(Completion.text).where(
            Completion.turn_id == UUID(reply.turn_id), Completion.generation == reply.generation
        )
        text = await connection.scalar(stored)
    if text is None:
        return None
    buttons = access.bot.quick_replies if reply.kind is ReplyKind.GREETING else ()
    return _Words(reply_key(reply.turn, reply.generation, reply.kind), text, buttons=buttons)


async def _said(connection: AsyncConnection, event_id: UUID) -> _Words | None:
    """What an operator said: the message of this event, or the one whose delivery is to be sent again."""
    delivery = Event.payload["details"]["delivery"].as_string()
    query = (
        select(DeliveryRow.reply, Message.text, Message.id, Message.attachments, Message.buttons, Message.template)
        .select_from(Event)
        .outerjoin(DeliveryRow, DeliveryRow.id == cast(delivery, Uuid))
        .join(Message, Message.id == func.coalesce(DeliveryRow.message_id, Event.id))
        .where(Event.id == event_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    attachments = tuple(Attachment.model_validate(item) for item in row.attachments)
    buttons = tuple(Button.model_validate(item) for item in row.buttons)
    template = TemplateMessage.model_validate(row.template) if row.template else None
    return _Words(row.reply or say_key(event_id), row.text, row.id, attachments, buttons, template)


async def appear(connection: AsyncConnection, job: Job, now: datetime) -> None:
    """Webchat: the reply is sent by this transaction; its number is the newest, so that no stream misses it."""
    seq = await ledger.next_seq(connection, job.conversation_id)
    await connection.execute(
        update(Message)
        .where(Message.conversation_id == job.conversation_id, Message.reply == job.key)
        .values(seq=seq, sent_at=now)
    )
    await connection.execute(
        update(DeliveryRow)
        .where(DeliveryRow.conversation_id == job.conversation_id, DeliveryRow.reply == job.key)
        .values(state=DeliveryState.SENT, sent_at=now, attempts=1, platform_message_id=str(seq))
    )
    await conversation_changed(connection, job.conversation_id, ended=job.turn_id)


async def end_said(connection: AsyncConnection, event_id: UUID | None, ended: Account, now: datetime) -> None:
    """The account of what an operator said."""
    await connection.execute(
        update(Event)
        .where(Event.id == event_id, Event.state.in_(OPEN_STATES))
        .values(state=ended.state, reason=ended.reason, ended_at=now)
    )
