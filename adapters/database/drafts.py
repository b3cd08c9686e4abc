"""Drafts: pieces of an answer that is being given, told to the streams of its conversation and kept nowhere."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, Uuid, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.budgets import Call
from adapters.database.notifications import CONVERSATIONS
from adapters.database.records import Completion, Turn
from adapters.database.tables import BotRow, Conversation
from domain.conversations import Voice
from domain.models import Frozen

Shown = TypeVar("Shown")
DELTA = "delta"
"""The kind of note that carries a piece."""
_MOST_CHARACTERS = 1200
"""A note holds less than 8,000 bytes (postgresql.org/docs/current/sql-notify.html), a character up to six in JSON."""


class Piece(Frozen):
    """Some words of a draft and where they stand in it; at 0 begins a draft that replaces any earlier one."""

    conversation: UUID
    kind: str = DELTA
    turn_id: UUID
    turn: int
    generation: int
    attempt: int
    offset: int
    text: str


def _while_speaking(shown: ColumnElement[Shown]) -> Select[Shown]:
    """A row for as long as an attempt may speak for the bot: its lease holds, nothing is stored, the turn is open, and
    nobody took the voice away."""
    return (
        select(shown)
        .select_from(Completion)
        .join(Turn, Turn.id == Completion.turn_id)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .join(BotRow, BotRow.id == Conversation.bot_id)
        .where(
            Completion.turn_id == bindparam("turn", type_=Uuid()),
            Completion.generation == bindparam("of_generation"),
            Completion.lease == bindparam("of_lease"),
            Completion.stored_at.is_(None),
            Turn.generation == Completion.generation,
            Turn.ended_at.is_(None),
            Conversation.voice == Voice.BOT,
            Conversation.closed_at.is_(None),
            BotRow.stopped_at.is_(None),
            BotRow.deleted_at.is_(None),
        )
    )


# Built once: it runs ten times a second for each answer that is shown.
_TELL = _while_speaking(func.pg_notify(CONVERSATIONS, func.unnest(bindparam("notes", type_=ARRAY(Text)))))
_SPEAKS = _while_speaking(literal(1))


async def may_speak(connection: AsyncConnection, call: Call) -> bool:
    """Whether an attempt may speak for the bot; under the conversation's lock it holds until that ends."""
    return await connection.scalar(_SPEAKS, call.key) is not None


async def tell(connection: AsyncConnection, call: Call, turn: int, offset: int, text: str) -> bool:
    """Tell the streams how a draft goes on behind `offset` characters; False where the attempt may speak no more."""
    pieces = [
        Piece(
            conversation=call.conversation_id,
            turn_id=call.turn_id,
            turn=turn,
            generation=call.generation,
            attempt=call.lease,
            offset=offset + start,
            text=text[start : start + _MOST_CHARACTERS],
        )
        for start in range(0, len(text), _MOST_CHARACTERS)
    ]
    notes = [piece.model_dump_json() for piece in pieces]
    told = await connection.execute(_TELL, {**call.key, "notes": notes})
    return len(told.all()) == len(notes)
