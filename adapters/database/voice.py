"""Who has the voice: an operator's controls take hold with their commit, and then travel to the workflow as events."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import digests, summaries, tool_calls
from adapters.database.growing import GrowingRow, being_shown
from adapters.database.ledger import at_rest, next_seq
from adapters.database.notifications import conversation_changed
from adapters.database.records import DeliveryRow, Event, Message, Turn
from adapters.database.tables import BotRow, Conversation
from domain.buttons import Button
from domain.conversations import SILENCE_AFTER, VOICE_AFTER, Control, Silence
from domain.deliveries import DeliveryState
from domain.events import OPEN_STATES, Attachment, EventKind, EventState
from domain.ids import EventId
from domain.templates import TemplateMessage
from domain.turns import Account


async def control(
    connection: AsyncConnection,
    conversation_id: UUID,
    workspace_id: UUID,
    wanted: Control,
    *,
    answer_held: bool = False,
    now: datetime,
) -> bool:
    """Do what an operator wants of a conversation; False when the workspace has no such conversation."""
    row = await lock(connection, conversation_id, workspace_id)
    if row is None:
        return False
    values: dict[str, object] = {"updated_at": now}
    if wanted in VOICE_AFTER:
        values["voice"] = VOICE_AFTER[wanted]
    if wanted is Control.CLOSE:
        values["closed_at"] = now
    await connection.execute(update(Conversation).where(Conversation.id == conversation_id).values(values))
    if wanted in SILENCE_AFTER:
        await stop_turn(connection, conversation_id, SILENCE_AFTER[wanted], now)
    else:
        await answer_or_ignore_held(connection, conversation_id, now, answer_held=answer_held)
    await tell_workflow(connection, row, EventKind.CONTROL, {"details": {"control": wanted.value}}, now)
    await conversation_changed(connection, conversation_id, "closed" if wanted is Control.CLOSE else "status")
    return True


async def stop_turn(connection: AsyncConnection, conversation_id: UUID, reason: Silence, now: datetime) -> None:
    """Drop what was not begun; the open turn ends unless a part of its reply is being sent this moment.

    Whoever finishes that part finds the stop and ends the turn. Messages that got no part of an answer are held, and
    end with a close.
    """
    open_turn = select(Turn.id).where(Turn.conversation_id == conversation_id, Turn.ended_at.is_(None))
    turn_id = await connection.scalar(open_turn)
    await connection.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.conversation_id == conversation_id,
            DeliveryRow.state == DeliveryState.PLANNED,
            DeliveryRow.turn_id.is_not(None),
        )
        .values(at_rest(DeliveryState.DROPPED, reason))
    )
    if turn_id is not None:
        await end_stopped_turn(connection, turn_id, reason, now)
    if reason.ends:
        await _end_waiting(connection, conversation_id, now)


async def end_stopped_turn(
    connection: AsyncConnection, turn_id: UUID, reason: Silence, now: datetime
) -> Account | None:
    """End a turn that was stopped, unless a part is still being sent; how its events stand now."""
    states = (await connection.scalars(select(DeliveryRow.state).where(DeliveryRow.turn_id == turn_id))).all()
    if DeliveryState.SENDING in states:
        return None
    reached = DeliveryState.SENT in states or DeliveryState.UNCERTAIN in states
    state = EventState.ANSWERED if reached else EventState.IGNORED if reason.ends else EventState.HELD
    held = state is EventState.HELD
    conversation_id = await connection.scalar(
        update(Turn)
        .where(Turn.id == turn_id, Turn.ended_at.is_(None))
        .values(ended_at=now, outcome=state if reached else "stopped", reason=reason)
        .returning(Turn.conversation_id)
    )
    if conversation_id is not None:
        await conversation_changed(connection, conversation_id, "status", ended=turn_id)
    await connection.execute(
        update(Event)
        .where(Event.turn_id == turn_id, Event.state.in_(OPEN_STATES))
        .values(
            state=state,
            reason=None if reached else reason,
            ended_at=None if held else now,
            turn_id=None if held else turn_id,
        )
    )
    return Account(state=state, reason=None if reached else reason)


async def _end_waiting(connection: AsyncConnection, conversation_id: UUID, now: datetime) -> None:
    """Closing ends what waits for an answer."""
    await connection.execute(
        update(Event)
        .where(
            Event.conversation_id == conversation_id,
            Event.state.in_(OPEN_STATES),
            Event.turn_id.is_(None),
            Event.kind.not_in((EventKind.CONTROL, EventKind.SAY)),
        )
        .values(state=EventState.IGNORED, reason="closed", ended_at=now)
    )


async def answer_or_ignore_held(
    connection: AsyncConnection, conversation_id: UUID, now: datetime, *, answer_held: bool
) -> None:
    """What was held goes to the workflow again, or ends unanswered."""
    # Counted as handed over, whoever was quicker: the workflow knows it, and would take it for a repeat.
    again = {"state": EventState.RECEIVED, "reason": None, "handovers": func.greatest(Event.handovers, 1)}
    over = {"state": EventState.IGNORED, "reason": "not_answered_after_hold", "ended_at": now}
    await connection.execute(
        update(Event)
        .where(Event.conversation_id == conversation_id, Event.state == EventState.HELD)
        .values(again if answer_held else over)
    )


async def wake(
    connection: AsyncConnection, conversation_id: UUID, workspace_id: UUID, why: Control, now: datetime
) -> None:
    """Have the workflow look at the record again, in order with all else that it is told."""
    row = await lock(connection, conversation_id, workspace_id)
    if row is not None:
        await tell_workflow(connection, row, EventKind.CONTROL, {"details": {"control": why.value}}, now)


async def say(
    connection: AsyncConnection,
    conversation_id: UUID,
    workspace_id: UUID,
    text: str,
    *,
    author: str = "operator",
    attachments: Sequence[Attachment] = (),
    buttons: Sequence[Button] = (),
    template: TemplateMessage | None = None,
    now: datetime,
) -> UUID | None:
    """Record what an operator (or the bot, speaking first) says; the workflow delivers it. The message's id."""
    row = await lock(connection, conversation_id, workspace_id)
    if row is None:
        return None
    message_id = uuid4()
    await connection.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(closed_at=None, last_message_at=now)
    )
    await connection.execute(
        insert(Message).values(
            id=message_id,
            workspace_id=workspace_id,
            conversation_id=conversation_id,
            seq=await next_seq(connection, conversation_id),
            direction="outbound",
            author=author,
            text=text,
            attachments=[item.model_dump(mode="json", exclude_none=True) for item in attachments],
            buttons=[button.model_dump(exclude_none=True) for button in buttons],
            template=template.model_dump(mode="json", exclude_defaults=True) if template else None,
            reply=say_key(message_id),
        )
    )
    await tell_workflow(connection, row, EventKind.SAY, {"text": text}, now, event_id=EventId(message_id))
    return message_id


def say_key(message_id: UUID | str) -> str:
    """The reply's name of a message that answers nothing: its own id."""
    return f"message:{message_id}"


async def forget(connection: AsyncConnection, conversation_id: UUID, workspace_id: UUID) -> bool:
    """From here on the model no longer sees what was said before; the records stay."""
    forgotten = (
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.workspace_id == workspace_id)
        .values(forgotten_seq=Conversation.last_seq)
        .returning(Conversation.id)
    )
    if await connection.scalar(forgotten) is None:
        return False
    await summaries.drop(connection, conversation_id)
    await digests.drop(connection, conversation_id)
    return True


async def in_flight(connection: AsyncConnection, conversation_id: UUID, now: datetime) -> bool:
    """Whether a part is being sent, or a tool does something outside, this moment."""
    if await tool_calls.in_flight(connection, conversation_id, now):
        return True
    if await connection.scalar(select(being_shown(GrowingRow.conversation_id == conversation_id, now))):
        return True
    sending = select(DeliveryRow.id).where(
        DeliveryRow.conversation_id == conversation_id,
        DeliveryRow.state == DeliveryState.SENDING,
        DeliveryRow.turn_id.is_not(None),
        DeliveryRow.lease_until > now,
    )
    return await connection.scalar(sending.limit(1)) is not None


async def stop_bot(connection: AsyncConnection, bot_id: UUID, workspace_id: UUID, now: datetime) -> bool:
    """From here on the bot answers nothing; what comes is held."""
    stopped = (
        update(BotRow)
        .where(BotRow.id == bot_id, BotRow.workspace_id == workspace_id, BotRow.deleted_at.is_(None))
        .values(stopped_at=now)
        .returning(BotRow.id)
    )
    if await connection.scalar(stopped) is None:
        return False
    busy = select(Turn.conversation_id).join(Conversation, Conversation.id == Turn.conversation_id).where(
        Conversation.bot_id == bot_id, Turn.ended_at.is_(None)
    )  # fmt: skip
    for conversation_id in (await connection.scalars(busy.order_by(Turn.conversation_id))).all():
        await connection.execute(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update())
        await stop_turn(connection, conversation_id, Silence.BOT_STOPPED, now)
    return True


async def start_bot(
    connection: AsyncConnection, bot_id: UUID, workspace_id: UUID, *, answer_held: bool, now: datetime
) -> list[UUID] | None:
    """The bot answers again; the conversations with held messages to hand over. None: there is no such bot."""
    started = (
        update(BotRow)
        .where(BotRow.id == bot_id, BotRow.workspace_id == workspace_id, BotRow.deleted_at.is_(None))
        .values(stopped_at=None)
        .returning(BotRow.id)
    )
    if await connection.scalar(started) is None:
        return None
    held = select(Event.conversation_id).join(Conversation, Conversation.id == Event.conversation_id).where(
        Conversation.bot_id == bot_id, Conversation.voice == "bot", Event.state == EventState.HELD
    )  # fmt: skip
    conversations = [item for item in (await connection.scalars(held.distinct())).all() if item]
    for conversation_id in conversations:
        await answer_or_ignore_held(connection, conversation_id, now, answer_held=answer_held)
    return conversations if answer_held else []


async def lock(connection: AsyncConnection, conversation_id: UUID, workspace_id: UUID) -> Row[UUID, UUID, UUID] | None:
    """The conversation with its owner and channel, locked; None when the workspace has no such conversation."""
    query = (
        select(Conversation.id, Conversation.workspace_id, Conversation.channel_id)
        .where(Conversation.id == conversation_id, Conversation.workspace_id == workspace_id)
        .with_for_update()
    )
    return (await connection.execute(query)).one_or_none()


async def tell_workflow(
    connection: AsyncConnection,
    row: Row[UUID, UUID, UUID],
    kind: EventKind,
    payload: dict[str, JsonValue],
    now: datetime,
    event_id: EventId | None = None,
) -> None:
    """An event of our own making: handed over in order with the messages."""
    identity = event_id or uuid4()
    await connection.execute(
        insert(Event).values(
            id=identity,
            workspace_id=row.workspace_id,
            channel_id=row.channel_id,
            conversation_id=row.id,
            key=f"{kind}:{identity}",
            kind=kind,
            ours=True,
            state=EventState.RECEIVED,
            seq=await next_seq(connection, row.id),
            payload=payload,
            received_at=now,
        )
    )
