"""How messages are told to a model: each as a line, in a group with who wrote it, with what it replies to before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import Row, func
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import members, quotes
from adapters.database.records import Event, Message
from domain.events import Attachment, EventKind, Replied
from domain.speakers import Speaker, in_reply, labels, spoken
from domain.transcripts import Line, worded

Columns = TypeVarTuple("Columns")

COLUMNS = (
    Message.direction,
    Message.text,
    Message.attachments,
    Message.id,
    Message.sender,
    func.coalesce(Event.payload["is_group"].as_boolean(), False).label("is_group"),
    Event.kind,
    Message.reply_to,
    Event.payload["replied"].label("replied"),
    Message.platform_message_id,
)
"""What of messages, and of the events that brought them, is told."""
_NOTHING: Mapping[UUID, str] = {}


@dataclass(frozen=True)
class _Quote:
    text: str
    speaker: Speaker | None
    ours: bool


async def lines(
    connection: AsyncConnection,
    conversation_id: UUID,
    rows: Sequence[Row[*Columns]],
    bot: str,
    told: Mapping[UUID, str] = _NOTHING,
) -> tuple[Line, ...]:
    """The lines of rows that have these columns, oldest first.

    `bot` is the name of the bot, and `told` what some of them are told to say, in another language.
    """
    speakers = {row.id: Speaker.model_validate(row.sender) for row in rows if row.is_group and row.sender}
    nameless = {speaker.id for speaker in speakers.values() if speaker.name is None}
    known = await members.names(connection, conversation_id, nameless)
    speakers = {name: Speaker(id=found.id, name=found.name or known.get(found.id)) for name, found in speakers.items()}
    quoted = await _quoted(connection, conversation_id, rows)
    called = labels((*speakers.values(), *(quote.speaker for quote in quoted.values() if quote.speaker)), bot)
    made = []
    for row in rows:
        words = worded(told.get(row.id, row.text), [Attachment.model_validate(item) for item in row.attachments])
        if (quote := quoted.get(row.id)) is not None:
            label = called[quote.speaker] if quote.speaker else None
            words = f"{in_reply(quote.text, label, ours=quote.ours)}\n{words}"
        text = spoken(words, called[speakers[row.id]] if row.id in speakers else None)
        made.append(Line(role="user" if row.direction == "inbound" else "assistant", text=text))
    return tuple(made)


async def _quoted(
    connection: AsyncConnection, conversation_id: UUID, rows: Sequence[Row[*Columns]]
) -> Mapping[UUID, _Quote]:
    """What these reply to, by their ids; what was deleted is told no more.

    A button tells it only where it stands below an older message of ours: what stands below the newest is plain.
    """
    names = {row.reply_to for row in rows if row.direction == "inbound" and row.reply_to}
    found = await quotes.find(connection, conversation_id, names)
    quoted, last = {}, None
    for row in rows:
        on_record = found.get(row.reply_to)
        is_plain = row.kind == EventKind.BUTTON and not (on_record and on_record.ours and on_record.id != last)
        if row.direction == "outbound":
            last = row.id
        elif not is_plain and (quote := _quote(row, on_record)) is not None:
            quoted[row.id] = quote
    return quoted


def _quote(row: Row[*Columns], on_record: Row[*tuple[object, ...]] | None) -> _Quote | None:
    told = Replied.model_validate(row.replied) if row.replied else None
    if on_record is not None:
        text = told.text if told else on_record.text
        speaker = Speaker.model_validate(on_record.sender) if on_record.sender else None
        return _Quote(text, speaker, on_record.ours) if text and on_record.deleted_at is None else None
    if told is None:
        return None
    speaker = Speaker(id=told.sender.external_id, name=told.sender.name) if told.sender else None
    return _Quote(told.text, speaker, told.ours)
