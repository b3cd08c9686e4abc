"""Summaries: due when a past has outgrown its window, made beside the turns, one for each message that they end at.

A summary is dropped with the edit, the deletion or the reset that makes it untrue. Whoever stores one holds the
conversation's lock, as those do, and so finds what changed while the model worked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.due import due
from adapters.database.prompt_records import ContactFact, Summary, SummaryDue
from adapters.database.records import DeliveryRow, Event, Message, Turn
from adapters.database.tables import BotRow, Conversation, Workspace
from adapters.database.telling import COLUMNS, lines
from domain.bots import Bot
from domain.deliveries import DeliveryState
from domain.events import OPEN_STATES
from domain.recollection import Said
from domain.workspaces import WorkspaceSettings

LEASE = timedelta(seconds=120)
"""How long a claimed conversation belongs to its attempt: longer than a call may take."""
_MOST_ROWS = 1000
_KEPT = 5
"""Earlier summaries that are kept: a later one that an edit undoes is made anew from the newest of them."""
_SEEN = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


@dataclass(frozen=True)
class Due:
    """A conversation to be summarised, and the attempt that it is claimed for."""

    conversation_id: UUID
    attempts: int


@dataclass(frozen=True)
class Source:
    """What a summary is made of, as of the conversation's number `read_seq`."""

    workspace_id: UUID
    bot_id: UUID
    bot: Bot
    workspace: WorkspaceSettings
    contact_id: UUID
    turn_id: UUID
    read_seq: int
    earlier: str | None
    earlier_seq: int
    past: tuple[Said, ...]
    open_from: int | None
    facts: tuple[str, ...]


_NOTE = insert(SummaryDue).on_conflict_do_nothing()
_NEXT = due(SummaryDue.conversation_id, SummaryDue.due_at)
_CLAIM = (
    update(SummaryDue)
    .where(SummaryDue.conversation_id.in_(_NEXT.scalar_subquery()))
    .values(attempts=SummaryDue.attempts + 1, due_at=bindparam("until"))
    .returning(SummaryDue.conversation_id, SummaryDue.attempts)
)


async def note(connection: AsyncConnection, conversation_id: UUID, due_at: datetime) -> None:
    """A conversation is to be summarised, unless that is known."""
    await connection.execute(_NOTE, {"conversation_id": conversation_id, "due_at": due_at})


async def claim(connection: AsyncConnection, now: datetime, most: int) -> list[Due]:
    """Take what is due, at most so many; an attempt that dies leaves it to the next after the lease."""
    rows = await connection.execute(_CLAIM, {"now": now, "until": now + LEASE, "most": most})
    return [Due(row.conversation_id, row.attempts) for row in rows]


async def done(connection: AsyncConnection, due: Due) -> None:
    """Nothing is due any more, unless somebody else took it up."""
    await connection.execute(delete(SummaryDue).where(*_of(due)))


async def postpone(connection: AsyncConnection, due: Due, due_at: datetime) -> None:
    """Try again later."""
    await connection.execute(update(SummaryDue).where(*_of(due)).values(due_at=due_at))


async def source(connection: AsyncConnection, conversation_id: UUID, *, on_demand: bool = False) -> Source | None:
    """What a new summary would be made of; None where the bot is gone, never answered, or wants none by itself."""
    row = (await connection.execute(_standing(conversation_id))).one_or_none()
    if row is None or row.turn_id is None:
        return None
    bot = Bot.model_validate(row.settings)
    if not bot.context.summary and not on_demand:
        return None
    earlier = (await connection.execute(_newest(conversation_id, row.forgotten_seq))).one_or_none()
    after = max(row.forgotten_seq, earlier.covered_seq if earlier else 0)
    opens = select(func.min(Event.seq)).where(
        Event.conversation_id == conversation_id, Event.state.in_(OPEN_STATES), Event.seq > after
    )
    known = select(ContactFact.text).where(ContactFact.contact_id == row.contact_id).order_by(ContactFact.created_at)
    return Source(
        workspace_id=row.workspace_id,
        bot_id=row.bot_id,
        bot=bot,
        workspace=WorkspaceSettings.model_validate(row.workspace_settings),
        contact_id=row.contact_id,
        turn_id=row.turn_id,
        read_seq=row.last_seq,
        earlier=earlier.text if earlier else None,
        earlier_seq=earlier.covered_seq if earlier else 0,
        past=await _past(connection, conversation_id, after, bot.name),
        open_from=await connection.scalar(opens),
        facts=tuple((await connection.scalars(known)).all()),
    )


async def store(
    connection: AsyncConnection, conversation_id: UUID, made_of: Source, covered_seq: int, text: str, model: str
) -> bool:
    """Keep a summary, once; False where what it is made of has changed meanwhile, and it would be untrue."""
    locked = select(Conversation.forgotten_seq).where(Conversation.id == conversation_id).with_for_update()
    forgotten = await connection.scalar(locked)
    changed = select(Message.id).where(
        Message.conversation_id == conversation_id,
        Message.changed_seq > made_of.read_seq,
        Message.seq <= covered_seq,
    )
    newest = (await connection.execute(_newest(conversation_id, forgotten or 0))).one_or_none()
    moved = (newest.covered_seq if newest else 0) != made_of.earlier_seq
    if forgotten is None or forgotten >= covered_seq or moved or await connection.scalar(changed.limit(1)):
        return False
    row = {"conversation_id": conversation_id, "covered_seq": covered_seq, "workspace_id": made_of.workspace_id}
    await connection.execute(insert(Summary).values(**row, text=text, model=model))
    kept = select(Summary.covered_seq).where(Summary.conversation_id == conversation_id)
    oldest = kept.order_by(Summary.covered_seq.desc()).offset(_KEPT).limit(1).scalar_subquery()
    old = delete(Summary).where(Summary.conversation_id == conversation_id, Summary.covered_seq <= oldest)
    await connection.execute(old)
    return True


async def drop_covering(connection: AsyncConnection, conversation_id: UUID, messages: Sequence[UUID]) -> None:
    """Drop the summaries that say what these messages said; the conversation is locked."""
    first = select(func.min(Message.seq)).where(Message.id.in_(messages)).scalar_subquery()
    await connection.execute(
        delete(Summary).where(Summary.conversation_id == conversation_id, Summary.covered_seq >= first)
    )


async def drop(connection: AsyncConnection, conversation_id: UUID) -> None:
    """Drop all summaries of a conversation."""
    await connection.execute(delete(Summary).where(Summary.conversation_id == conversation_id))


def _of(due: Due) -> tuple[ColumnElement[bool], ...]:
    return SummaryDue.conversation_id == due.conversation_id, SummaryDue.attempts == due.attempts


def _standing(
    conversation_id: UUID,
) -> Select[UUID, UUID, UUID, int, int, dict[str, JsonValue], dict[str, JsonValue], UUID]:
    newest = select(Turn.id).where(Turn.conversation_id == conversation_id).order_by(Turn.number.desc()).limit(1)
    return (
        select(
            Conversation.workspace_id, Conversation.bot_id, Conversation.contact_id, Conversation.last_seq,
            Conversation.forgotten_seq, BotRow.settings, Workspace.settings.label("workspace_settings"),
            newest.scalar_subquery().label("turn_id"),
        )
        .join(BotRow, BotRow.id == Conversation.bot_id)
        .join(Workspace, Workspace.id == Conversation.workspace_id)
        .where(Conversation.id == conversation_id, BotRow.deleted_at.is_(None))
    )  # fmt: skip


def _newest(conversation_id: UUID, forgotten_seq: int) -> Select[int, str]:
    return (
        select(Summary.covered_seq, Summary.text)
        .where(Summary.conversation_id == conversation_id, Summary.covered_seq > forgotten_seq)
        .order_by(Summary.covered_seq.desc())
        .limit(1)
    )


async def _past(connection: AsyncConnection, conversation_id: UUID, after: int, bot: str) -> tuple[Said, ...]:
    """The newest messages behind a number that were heard and ended, or said and seen; oldest first."""
    seen = select(DeliveryRow.id).where(DeliveryRow.message_id == Message.id, DeliveryRow.state.in_(_SEEN)).limit(1)
    query = (
        select(Message.seq, *COLUMNS)
        .outerjoin(Event, Event.id == Message.id)
        .where(
            Message.conversation_id == conversation_id,
            Message.seq > after,
            Message.deleted_at.is_(None),
            or_(
                and_(Message.direction == "inbound", Event.ended_at.is_not(None), Event.turn_id.is_not(None)),
                and_(Message.direction == "outbound", seen.scalar_subquery().is_not(None)),
            ),
        )
        .order_by(Message.seq.desc())
        .limit(_MOST_ROWS)
    )
    rows = list(reversed((await connection.execute(query)).all()))
    said = await lines(connection, conversation_id, rows, bot)
    return tuple(Said(seq=row.seq, line=line) for row, line in zip(rows, said, strict=True))
