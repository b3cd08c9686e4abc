"""Rethinking: a turn whose message is edited or deleted while the model works begins anew, or needs no reply any more.

The workflow learns of it when it delivers: a reply of an earlier generation, or of a turn that has ended, is not sent.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import turns, verdicts
from adapters.database.channels import ChannelAccess
from adapters.database.records import DeliveryRow, Event, Turn
from adapters.database.tool_records import ToolStep
from domain.bots import Bot
from domain.events import EventState
from domain.opening import Candidate, open_turn
from domain.turns import Account

_WITHDRAWN = Account(state=EventState.IGNORED, reason="withdrawn")
# What a tool did is done, and an operator may be asked just now: such a turn goes on as it began.
_OPEN = (
    select(Turn.id, Turn.generation)
    .where(
        Turn.conversation_id == bindparam("conversation"),
        Turn.ended_at.is_(None),
        Turn.fixed_reply.is_(None),
    )
    .with_for_update(key_share=True)
)
_BOUND = select(
    exists().where(DeliveryRow.turn_id == bindparam("turn"))
    | exists().where(ToolStep.turn_id == bindparam("turn"), ToolStep.generation == bindparam("of_generation"))
)
_LEFT = (
    select(Event.id)
    .where(Event.turn_id == bindparam("turn"), Event.id != func.all(bindparam("gone", type_=ARRAY(Uuid))))
    .limit(1)
)
_WITHDRAW = (
    update(Event)
    .where(Event.turn_id == bindparam("turn"), Event.id == func.any(bindparam("gone", type_=ARRAY(Uuid))))
    .values(turn_id=None, state=_WITHDRAWN.state, reason=_WITHDRAWN.reason, ended_at=bindparam("now"))
)
_BEGIN_ANEW = update(Turn).where(Turn.id == bindparam("turn")).values(generation=Turn.generation + 1)


async def answer_edited(
    connection: AsyncConnection, access: ChannelAccess, conversation: UUID, message: UUID, text: str, now: datetime
) -> bool:
    """Have a message of the open turn answered as it is now; False where its reply is bound to what it was.

    The rules judge the new text as they judged the old one. The caller holds the conversation's lock.
    """
    turn = await _open(connection, conversation)
    if turn is None or not _may_begin_anew(access.bot, turn):
        return False
    opening = open_turn(access.bot, [Candidate(id=str(message), text=text)], together=True)
    found = [opening.verdict] if opening.verdict else [noted.verdict for noted in opening.noted]
    for verdict in found:
        await verdicts.keep(connection, turn.id, turn.generation + 1, "input", verdict, message_id=message)
    begun = _BEGIN_ANEW.values(fixed_reply=opening.reply, reason=opening.reason) if opening.reply else _BEGIN_ANEW
    await connection.execute(begun, {"turn": turn.id})
    if opening.verdict:
        await verdicts.hand_over(connection, conversation, access.workspace_id, opening.verdict, now)
    return True


async def withdraw(
    connection: AsyncConnection, access: ChannelAccess, conversation: UUID, messages: Sequence[UUID], now: datetime
) -> bool:
    """Take messages out of the open turn, which ends where none is left; False where its reply is bound to them.

    The caller holds the conversation's lock.
    """
    turn = await _open(connection, conversation)
    if turn is None:
        return False
    gone = {"turn": turn.id, "gone": list(messages)}
    if await connection.scalar(_LEFT, gone) is None:
        return await turns.end(connection, turn.id, _WITHDRAWN, now)
    if not _may_begin_anew(access.bot, turn):
        return False
    await connection.execute(_WITHDRAW, {**gone, "now": now})
    await connection.execute(_BEGIN_ANEW, {"turn": turn.id})
    return True


class _Open(NamedTuple):
    id: UUID
    generation: int


async def _open(connection: AsyncConnection, conversation: UUID) -> _Open | None:
    """The open turn, locked, where it is yet to be seen what the model says."""
    row = (await connection.execute(_OPEN, {"conversation": conversation})).one_or_none()
    if row is None or await connection.scalar(_BOUND, {"turn": row.id, "of_generation": row.generation}):
        return None
    return _Open(row.id, row.generation)


def _may_begin_anew(bot: Bot, turn: _Open) -> bool:
    """As often as messages may interrupt a turn: each time the model is paid again."""
    return turn.generation <= bot.bursts.max_interrupts
