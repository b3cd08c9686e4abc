"""The delivery ledger: parts planned whole, claimed by a lease, each outcome committed before the next step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID, uuid4

from sqlalchemy import Integer, Text, bindparam, case, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import DeliveryRow, Message, Turn
from adapters.database.tables import BotRow, Conversation
from adapters.platforms.base import Payload
from domain.buttons import Button
from domain.conversations import Silence, Voice, silence
from domain.deliveries import LEASE, DeliveryState, Standing


@dataclass(frozen=True)
class Plan:
    """A reply about to be planned: its name, what it says, and its parts as the platform gets them."""

    reply: str
    text: str
    author: str
    payloads: Sequence[Payload]
    turn_id: UUID | None
    message_id: UUID | None
    buttons: Sequence[Button] = ()
    is_numbered: bool = False


@dataclass(frozen=True)
class Part:
    """A part of a reply as the ledger holds it."""

    id: UUID
    part: int
    payload: Payload
    standing: Standing
    attempts: int
    planned_at: datetime | None = None
    grown_as: str | None = None
    """The platform's id of the message that grew, and that sending this part edits."""


@dataclass(frozen=True)
class Floor:
    """Who has the voice in a conversation, and when its contact was heard last; read under its lock."""

    workspace_id: UUID
    channel_id: UUID
    stop: Silence | None
    """Why the bot may not speak; None when it may."""
    heard_at: datetime | None


# Built once: building a statement costs more than running it, and these run for each reply.
_LOCK = (
    select(
        Conversation.workspace_id,
        Conversation.channel_id,
        Conversation.voice,
        Conversation.closed_at,
        Conversation.heard_at,
        BotRow.stopped_at.is_not(None).label("bot_stopped"),
        BotRow.deleted_at.is_not(None).label("bot_deleted"),
    )
    .join(BotRow, BotRow.id == Conversation.bot_id)
    .where(Conversation.id == bindparam("conversation"))
    .with_for_update(of=Conversation)
)
_OPEN_GENERATION = select(Turn.generation).where(Turn.id == bindparam("turn"), Turn.ended_at.is_(None))
_PARTS = (
    select(
        DeliveryRow.id,
        DeliveryRow.part,
        DeliveryRow.payload,
        DeliveryRow.state,
        DeliveryRow.lease_until,
        DeliveryRow.retry_at,
        DeliveryRow.doubts,
        DeliveryRow.attempts,
        DeliveryRow.created_at,
        case((DeliveryRow.grown_from.is_not(None), DeliveryRow.platform_message_id)).label("grown_as"),
    )
    .where(DeliveryRow.conversation_id == bindparam("conversation"), DeliveryRow.reply == bindparam("name"))
    .order_by(DeliveryRow.part)
    .with_for_update()
)
_NEXT_SEQ = (
    update(Conversation)
    .where(Conversation.id == bindparam("conversation"))
    .values(last_seq=Conversation.last_seq + 1)
    .returning(Conversation.last_seq)
)
_INSERT_MESSAGE = insert(Message)
_INSERT_PARTS = insert(DeliveryRow)
CLAIM = (
    update(DeliveryRow)
    .where(DeliveryRow.id == bindparam("part_id"))
    .values(
        state=DeliveryState.SENDING,
        attempts=DeliveryRow.attempts + 1,
        lease_until=bindparam("until"),
        retry_at=None,
        error=None,
        reason=None,
        doubts=DeliveryRow.doubts + bindparam("doubted", type_=Integer),
    )
    .returning(DeliveryRow.attempts)
)
_REPLACED = {
    DeliveryState.SENT: (DeliveryState.UNCERTAIN, DeliveryState.SENT),
    DeliveryState.FAILED: (DeliveryState.UNCERTAIN,),
}


class _Row(TypedDict):
    """A part as it is inserted."""

    id: UUID
    workspace_id: UUID
    channel_id: UUID
    conversation_id: UUID
    message_id: UUID
    turn_id: UUID | None
    reply: str
    part: int
    payload: Payload
    state: DeliveryState


async def lock(connection: AsyncConnection, conversation_id: UUID) -> Floor | None:
    """Lock the conversation: whoever stops it waits for this transaction, and the other way round."""
    row = (await connection.execute(_LOCK, {"conversation": conversation_id})).one_or_none()
    if row is None:
        return None
    stop = silence(
        closed=row.closed_at is not None,
        voice=Voice(row.voice),
        bot_stopped=row.bot_stopped,
        bot_deleted=row.bot_deleted,
    )
    return Floor(row.workspace_id, row.channel_id, stop, row.heard_at)


async def open_generation(connection: AsyncConnection, turn_id: UUID) -> int | None:
    """The generation in which a turn wants its reply; None when it wants none."""
    return await connection.scalar(_OPEN_GENERATION, {"turn": turn_id})


async def parts(connection: AsyncConnection, conversation_id: UUID, reply: str) -> list[Part]:
    """The parts of a reply, in order, locked; empty when it was not planned."""
    return [
        Part(
            row.id, row.part, row.payload,
            Standing(
                state=DeliveryState(row.state), lease_until=row.lease_until, retry_at=row.retry_at, doubts=row.doubts,
                repeatable=row.grown_as is not None,
            ),
            row.attempts, row.created_at, row.grown_as,
        )
        for row in await connection.execute(_PARTS, {"conversation": conversation_id, "name": reply})
    ]  # fmt: skip


async def next_seq(connection: AsyncConnection, conversation_id: UUID) -> int:
    """The next number of a conversation, whose lock the caller holds."""
    seq = await connection.scalar(_NEXT_SEQ, {"conversation": conversation_id})
    assert seq is not None
    return seq


async def plan(
    connection: AsyncConnection, conversation_id: UUID, floor: Floor, planned: Plan, state: DeliveryState
) -> list[Part]:
    """Write a reply's message and all its parts at once."""
    message_id = planned.message_id
    if message_id is None:
        message_id = uuid4()
        message = {
            "id": message_id,
            "workspace_id": floor.workspace_id,
            "conversation_id": conversation_id,
            "seq": await next_seq(connection, conversation_id),
            "direction": "outbound",
            "author": planned.author,
            "text": planned.text,
            "reply": planned.reply,
            "turn_id": planned.turn_id,
            "buttons": [button.model_dump(exclude_none=True) for button in planned.buttons],
            "is_numbered": planned.is_numbered,
        }
        await connection.execute(_INSERT_MESSAGE, message)
    elif planned.is_numbered:
        await connection.execute(update(Message).where(Message.id == message_id).values(is_numbered=True))
    rows: list[_Row] = [
        {
            "id": uuid4(),
            "workspace_id": floor.workspace_id,
            "channel_id": floor.channel_id,
            "conversation_id": conversation_id,
            "message_id": message_id,
            "turn_id": planned.turn_id,
            "reply": planned.reply,
            "part": number,
            "payload": payload,
            "state": state,
        }
        for number, payload in enumerate(planned.payloads, 1)
    ]
    await connection.execute(_INSERT_PARTS, rows)
    return [Part(row["id"], row["part"], row["payload"], Standing(state=state), 0) for row in rows]


async def claim(connection: AsyncConnection, part: Part, now: datetime) -> int:
    """Take a part for one attempt; the number of the lease, which only this attempt holds."""
    lease = await connection.scalar(CLAIM, to_claim(part, now))
    assert lease is not None
    return lease


def to_claim(part: Part, now: datetime) -> dict[str, object]:
    """The values of `CLAIM` for a part."""
    doubted = int(part.standing.state is DeliveryState.SENDING and not part.standing.repeatable)
    return {"part_id": part.id, "until": now + LEASE, "doubted": doubted}


async def settle(connection: AsyncConnection, part_id: UUID, lease: int, values: dict[str, object]) -> bool:
    """Write down how an attempt went; False when the part is no longer this attempt's.

    An outcome that comes after the part was given up as doubtful still ends the doubt, but does not begin anew; one
    that a receipt forestalled repeats it. An outcome that is not known yet leaves the lease to run out.
    """
    known = DeliveryState(str(values["state"]))
    ended = {} if known is DeliveryState.SENDING else {"lease_until": None}
    settled = (
        update(DeliveryRow)
        .where(DeliveryRow.id == part_id, DeliveryRow.attempts == lease)
        .where(DeliveryRow.state.in_((DeliveryState.SENDING, *_REPLACED.get(known, ()))))
        .values({**values, **ended})
        .returning(DeliveryRow.id)
    )
    return await connection.scalar(settled) is not None


async def rest(
    connection: AsyncConnection, conversation_id: UUID, reply: str, state: DeliveryState, reason: str | None
) -> None:
    """Put every part that was not begun to rest: dropped by a stop, or failed with the part before it."""
    await connection.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.conversation_id == conversation_id,
            DeliveryRow.reply == reply,
            DeliveryRow.state == DeliveryState.PLANNED,
        )
        .values(at_rest(state, reason))
    )


def at_rest(state: DeliveryState, reason: str | None) -> dict[str, object]:
    """The columns of planned parts that are sent no more; one that may have arrived before stays in doubt."""
    doubted = DeliveryRow.doubts > 0
    return {
        "state": case((doubted, literal(DeliveryState.UNCERTAIN.value)), else_=literal(state.value)),
        "reason": case((doubted, literal("outcome_unknown")), else_=literal(reason, Text)),
        "retry_at": None,
    }


async def doubt(connection: AsyncConnection, part: Part) -> None:
    """A predecessor's send may have worked, and nobody can tell."""
    await connection.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == part.id)
        .values(state=DeliveryState.UNCERTAIN, reason="outcome_unknown", lease_until=None)
    )
