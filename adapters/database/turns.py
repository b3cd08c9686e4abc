"""Turns: PostgreSQL names them, at most one is open in a conversation, and its end is the end of its events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Row, Uuid, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import verdicts
from adapters.database.notifications import conversation_changed
from adapters.database.records import DeliveryRow, Event, Message, Turn
from adapters.database.tables import BotRow, Conversation
from domain.albums import ALBUM
from domain.bots import Bot
from domain.conversations import Silence, Voice, silence
from domain.events import ANSWERED_KINDS, OPEN_STATES, EventState
from domain.handovers import MAX_BROUGHT
from domain.opening import Candidate, Opening, open_turn
from domain.platforms import PlatformName
from domain.turns import Account, Begin, Begun, Meanwhile, ReplyKind
from domain.understanding_calls import when

MOST_MEMBERS = MAX_BROUGHT
_MINUTE = timedelta(minutes=1)


# Built once: building a statement costs more than running it, and these run for each turn.
_LOCK = (
    select(
        Conversation.id, Conversation.workspace_id, Conversation.turns, Conversation.voice, Conversation.platform,
        BotRow.settings, BotRow.stopped_at, BotRow.deleted_at,
    )
    .join(BotRow, BotRow.id == Conversation.bot_id)
    .where(Conversation.id == bindparam("conversation"))
    .with_for_update(of=Conversation)
)  # fmt: skip
_KEEP_BOT = (
    select(BotRow.id)
    .join(Conversation, Conversation.bot_id == BotRow.id)
    .where(Conversation.id == bindparam("conversation"))
    .with_for_update(read=True, of=BotRow)
)
# A statement of its own, because the lock may have been waited for: only a later one sees what its holder did.
_OPEN_TURN = select(Turn.id, Turn.number, Turn.generation, Turn.fixed_reply, Turn.reason).where(
    Turn.conversation_id == bindparam("conversation"), Turn.ended_at.is_(None)
)
_OPENED_AT = select(Turn.opened_at).where(
    Turn.conversation_id == bindparam("conversation"), Turn.number == bindparam("number")
)
_MEMBERS = select(Event.id).where(Event.turn_id == bindparam("turn"))
_WAIT = (
    Event.conversation_id == bindparam("conversation"),
    Event.state.in_((EventState.RECEIVED, EventState.QUEUED)),
    Event.kind.in_(ANSWERED_KINDS),
    Event.turn_id.is_(None),
)
_AMONG = Event.id == func.any(bindparam("among", type_=ARRAY(Uuid)))
_WAITING = (
    select(
        Event.id,
        Message.text,
        Event.payload["command"].as_string().label("command"),
        Event.payload["details"][ALBUM].as_string().label("album"),
    )
    .join(Message, Message.id == Event.id)
    .where(*_WAIT)
    .order_by(Event.seq, Event.received_at, Message.seq)
    .limit(MOST_MEMBERS + 1)
)
_WAITING_AMONG = _WAITING.where(_AMONG)
_INSERT = insert(Turn)
_COUNT = update(Conversation).where(Conversation.id == bindparam("conversation")).values(turns=bindparam("number"))
_PLANNED = select(DeliveryRow.id).where(DeliveryRow.turn_id == bindparam("turn")).limit(1)
_NEXT_GENERATION = update(Turn).where(Turn.id == bindparam("turn_id")).values(generation=Turn.generation + 1)
_TAKE = update(Event).where(_AMONG).values(turn_id=bindparam("turn"), state=EventState.QUEUED, reason=None)
_END = (
    update(Turn)
    .where(Turn.id == bindparam("turn"), Turn.ended_at.is_(None))
    .values(ended_at=bindparam("now"), outcome=bindparam("outcome"), reason=bindparam("why"))
    .returning(Turn.conversation_id)
)
_END_EVENTS = (
    update(Event)
    .where(Event.turn_id == bindparam("turn"), Event.state.in_(OPEN_STATES))
    .values(state=bindparam("outcome"), reason=bindparam("why"), ended_at=bindparam("now"))
)


@dataclass(frozen=True)
class _Turn:
    id: UUID
    number: int
    generation: int
    fixed_reply: str | None
    reason: str | None


@dataclass(frozen=True)
class Standing:
    """The conversation as it stands, under its lock."""

    id: UUID
    workspace_id: UUID
    turns: int
    platform: str
    bot: Bot
    stop: Silence | None


async def begin(connection: AsyncConnection, ask: Begin, now: datetime) -> Begun:
    """Open the next turn, or return the one that is open; the workflow obeys.

    A turn takes the oldest that wait, whether the workflow brought them or has yet to hear of them: nothing overtakes.
    """
    standing = await stand(connection, UUID(ask.conversation_id))
    if standing is None:
        return Begun(settled=ask.brought)
    brought = {UUID(item) for item in ask.brought}
    opened = await _open_turn(connection, standing.id)
    if opened is not None:
        opened = await _join(connection, standing, opened)
        members = set((await connection.scalars(_MEMBERS, {"turn": opened.id})).all())
        more = ask.behind or bool(brought - members)
        return _begun(standing.bot, opened, members=members, settled=members & brought, more=more)
    if standing.stop and not standing.stop.ends:
        # Who starts or deletes the bot meanwhile waits for this transaction, and then finds what it holds.
        await connection.execute(_KEEP_BOT, {"conversation": standing.id})
        standing = await stand(connection, standing.id) or standing
    if standing.stop:
        await _set_aside(connection, standing.id, standing.stop, now)
        return Begun(settled=ask.brought)
    waiting = await waiting_among(connection, standing.id, None)
    # Where more wait than a turn can take, what is not among these may wait all the same.
    gone = brought - {row.id for row in waiting} if len(waiting) <= MOST_MEMBERS else set()
    candidates = _candidates(waiting)
    opening = open_turn(standing.bot, candidates, together=ask.together)
    if not opening.members:
        return Begun(settled=tuple(str(item) for item in gone))
    wait = await _over_rate(connection, standing, now)
    if wait > timedelta(0):
        return Begun(settled=tuple(str(item) for item in gone), more=ask.behind, wait_seconds=wait.total_seconds())
    turn = await _insert(connection, standing, opening, now)
    members = {UUID(item) for item in opening.members}
    settled = gone | (members & brought)
    verdict = opening.verdict
    if verdict and await verdicts.hand_over(connection, standing.id, standing.workspace_id, verdict, now):
        return Begun(settled=tuple(str(item) for item in settled), more=len(members) < len(waiting))
    return _begun(standing.bot, turn, members, settled, more=len(members) < len(waiting))


async def stand(connection: AsyncConnection, conversation_id: UUID) -> Standing | None:
    """Lock the conversation and see how it stands; None when there is none."""
    row = (await connection.execute(_LOCK, {"conversation": conversation_id})).one_or_none()
    if row is None:
        return None
    stopped, deleted = row.stopped_at is not None, row.deleted_at is not None
    # A closed conversation reopens with the message that is answered here.
    stop = silence(closed=False, voice=Voice(row.voice), bot_stopped=stopped, bot_deleted=deleted)
    return Standing(row.id, row.workspace_id, row.turns, row.platform, Bot.model_validate(row.settings), stop)


async def _open_turn(connection: AsyncConnection, conversation_id: UUID) -> _Turn | None:
    row = (await connection.execute(_OPEN_TURN, {"conversation": conversation_id})).one_or_none()
    return _Turn(*row) if row else None


async def _join(connection: AsyncConnection, standing: Standing, turn: _Turn) -> _Turn:
    """Where the bot wants it, old and new are answered together, in a new generation, as long as no reply is planned.

    What gets a reply of its own without the model waits for its own turn.
    """
    if standing.stop or turn.fixed_reply or not _may_interrupt(standing.bot, turn):
        return turn
    waiting = await waiting_among(connection, standing.id, None)
    candidates = _candidates(waiting)
    opening = open_turn(standing.bot, candidates, together=True)
    if not opening.members or opening.reply or await connection.scalar(_PLANNED, {"turn": turn.id}):
        return turn
    await connection.execute(_TAKE, {"among": [UUID(item) for item in opening.members], "turn": turn.id})
    await connection.execute(_NEXT_GENERATION, {"turn_id": turn.id})
    turn = replace(turn, generation=turn.generation + 1)
    await _note(connection, turn, opening)
    return turn


def _may_interrupt(bot: Bot, turn: _Turn) -> bool:
    return bot.bursts.policy == "interrupt" and turn.generation <= bot.bursts.max_interrupts


def _meanwhile(bot: Bot, turn: _Turn, *, more: bool) -> Meanwhile:
    """What a message does that comes while this turn runs; nothing where one waits already that could not join it."""
    if bot.bursts.policy == "reject":
        return "reject"
    return "interrupt" if _may_interrupt(bot, turn) and not more else ""


async def _over_rate(connection: AsyncConnection, standing: Standing, now: datetime) -> timedelta:
    """How long until the contact may have another turn; a minute holds so many as the bot allows."""
    most = standing.bot.limits.messages_per_minute
    if most is None or standing.turns < most:
        return timedelta(0)
    oldest = {"conversation": standing.id, "number": standing.turns - most + 1}
    opened_at = await connection.scalar(_OPENED_AT, oldest)
    return opened_at + _MINUTE - now if opened_at else timedelta(0)


async def waiting_among(
    connection: AsyncConnection, conversation_id: UUID, among: set[UUID] | None
) -> Sequence[Row[UUID, str, str, str]]:
    """The oldest messages that wait, and one more than a turn takes, which says that there are others."""
    if among is None:
        return (await connection.execute(_WAITING, {"conversation": conversation_id})).all()
    asked = {"conversation": conversation_id, "among": list(among)}
    return (await connection.execute(_WAITING_AMONG, asked)).all()


def _candidates(waiting: Sequence[Row[UUID, str, str, str]]) -> list[Candidate]:
    return [
        Candidate(id=str(row.id), text=row.text, command=row.command, album=row.album) for row in waiting[:MOST_MEMBERS]
    ]


async def _set_aside(connection: AsyncConnection, conversation_id: UUID, stop: Silence, now: datetime) -> None:
    """Hold what nobody may answer now, however much it is; what a deleted bot was asked ends."""
    state = EventState.IGNORED if stop.ends else EventState.HELD
    aside = update(Event).where(*_WAIT).values(state=state, reason=stop, ended_at=now if stop.ends else None)
    await connection.execute(aside, {"conversation": conversation_id})


async def _insert(connection: AsyncConnection, standing: Standing, opening: Opening, now: datetime) -> _Turn:
    turn = _Turn(uuid4(), standing.turns + 1, 1, opening.reply, opening.reason)
    row = {
        "id": turn.id,
        "workspace_id": standing.workspace_id,
        "conversation_id": standing.id,
        "number": turn.number,
        "fixed_reply": turn.fixed_reply,
        "reason": turn.reason,
        "opened_at": now,
    }
    await connection.execute(_INSERT, row)
    await connection.execute(_COUNT, {"conversation": standing.id, "number": turn.number})
    members = [UUID(item) for item in opening.members]
    await connection.execute(_TAKE, {"among": members, "turn": turn.id})
    if opening.verdict:
        await verdicts.keep(connection, turn.id, 1, "input", opening.verdict, message_id=members[0])
    await _note(connection, turn, opening)
    if standing.platform == PlatformName.WEBCHAT:
        await conversation_changed(connection, standing.id, "typing")
    return turn


async def _note(connection: AsyncConnection, turn: _Turn, opening: Opening) -> None:
    for noted in opening.noted:
        await verdicts.keep(connection, turn.id, turn.generation, "input", noted.verdict, message_id=UUID(noted.id))


def _begun(bot: Bot, turn: _Turn, members: set[UUID], settled: set[UUID], *, more: bool) -> Begun:
    judged = bot.moderation.input and bot.moderation.provider not in ("none", "rules")
    return Begun(
        turn=turn.number,
        turn_id=str(turn.id),
        generation=turn.generation,
        members=len(members),
        settled=tuple(str(item) for item in settled),
        more=more,
        reply=ReplyKind(turn.fixed_reply) if turn.fixed_reply else None,
        reason=turn.reason,
        patience_seconds=bot.patience_seconds,
        judge_input=judged,
        # Nothing is done outside for a question that is refused.
        judge_before=judged and (bot.moderation.when == "before" or bool(bot.tools)),
        fail_closed=bot.moderation.on_error == "closed",
        meanwhile=_meanwhile(bot, turn, more=more),
        understand="" if turn.fixed_reply else when(bot),
    )


async def end(connection: AsyncConnection, turn_id: UUID, account: Account, now: datetime) -> bool:
    """Close a turn and with it the account of its events; False when it was closed before."""
    values = {"turn": turn_id, "now": now, "outcome": account.state, "why": account.reason}
    if await connection.scalar(_END, values) is None:
        return False
    await connection.execute(_END_EVENTS, values)
    if account.state is EventState.REFUSED:
        await verdicts.close_if_wanted(connection, turn_id, now)
    return True
