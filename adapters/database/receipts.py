"""Receipts: what a platform says later of a part that it took, or that nobody knew whether it took."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import arrivals
from adapters.database.ledger import note_sent
from adapters.database.memberships import mark_undeliverable
from adapters.database.notifications import conversation_changed
from adapters.database.records import DeliveryRow, Event, Turn
from adapters.database.windows import WINDOW_CLOSED, tell_by_template
from domain.deliveries import DeliveryState
from domain.events import EventKind, EventState, InboundEvent
from domain.ids import ChannelId, ConversationId

_Part: TypeAlias = Row[UUID, UUID, UUID | None, UUID, str, str | None, datetime | None]
_REACHING = (DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.SENDING, DeliveryState.PLANNED)
_UNDELIVERABLE = "undeliverable"
_COLUMNS = (
    DeliveryRow.id,
    DeliveryRow.conversation_id,
    DeliveryRow.turn_id,
    DeliveryRow.message_id,
    DeliveryRow.state,
    DeliveryRow.platform_message_id,
    DeliveryRow.delivered_at,
)


async def settle(
    connection: AsyncConnection,
    channel_id: ChannelId,
    told: Iterable[tuple[InboundEvent, ConversationId | None]],
    now: datetime,
) -> None:
    """Have the ledger know what these receipts say; each comes with the conversation that it names.

    A receipt names a part by our mark or by the platform's id, or all parts up to a moment. One that says `failed`
    counts unless another says that it arrived: with several devices both can come, and the contact has it then. One
    member of a group is not the group.
    """
    receipts = [(event, conversation) for event, conversation in told if event.kind is EventKind.RECEIPT]
    for event, conversation in sorted(receipts, key=_in_order):
        status, at = str(event.details.get("status")), min(event.occurred_at or now, now)
        until = _moment(event.details.get("until"))
        if conversation and until:
            await arrivals.note_up_to(connection, conversation, status, until, at)
            continue
        part = await _find(connection, channel_id, event, conversation)
        if part is None:
            continue
        if status != "failed":
            await _arrived(connection, part, event, now)
            await arrivals.note(connection, part.id, status, at)
        elif "participant" not in event.details and part.delivered_at is None:
            await _failed(connection, part, event, now)


def _in_order(receipt: tuple[InboundEvent, ConversationId | None]) -> tuple[str, str, bool]:
    """The same for everyone, so that two batches cannot wait for each other; what failed behind what arrived."""
    event, conversation = receipt
    return str(conversation), str(event.details.get("mark")), event.details.get("status") == "failed"


async def _find(
    connection: AsyncConnection, channel_id: ChannelId, event: InboundEvent, conversation: ConversationId | None
) -> _Part | None:
    mark, name = _uuid(event.details.get("mark")), event.platform_message_id
    named = and_(DeliveryRow.conversation_id == conversation, DeliveryRow.platform_message_id == name)
    if mark is None and (conversation is None or name is None):
        return None
    query = select(*_COLUMNS).where(DeliveryRow.channel_id == channel_id, DeliveryRow.id == mark if mark else named)
    return (await connection.execute(query.limit(1).with_for_update())).one_or_none()


def _moment(value: JsonValue) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _uuid(value: JsonValue) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


async def _arrived(connection: AsyncConnection, part: _Part, event: InboundEvent, now: datetime) -> None:
    """The platform has taken it, whatever was thought of it before."""
    if part.state == DeliveryState.SENT:
        return
    name = event.platform_message_id
    # It went out when it was last called for, however late we hear of it: behind the parts before it.
    sent_at = func.coalesce(DeliveryRow.sent_at, DeliveryRow.updated_at)
    sent = {"state": DeliveryState.SENT, "platform_message_id": name, "sent_at": sent_at}
    at_rest = {"reason": None, "error": None, "lease_until": None, "retry_at": None}
    await connection.execute(update(DeliveryRow).where(DeliveryRow.id == part.id).values(**sent, **at_rest))
    await note_sent(connection, part.id, name or "", now)
    await _reckon(connection, part, EventState.FAILED, EventState.ANSWERED)


async def _failed(connection: AsyncConnection, part: _Part, event: InboundEvent, now: datetime) -> None:
    """The platform had taken it, and could not bring it to the contact."""
    if event.platform_message_id and part.platform_message_id not in (None, event.platform_message_id):
        return
    reason, said = event.details.get("reason"), event.details.get("error")
    failed = {
        "state": DeliveryState.FAILED,
        "platform_message_id": event.platform_message_id,
        "reason": reason if isinstance(reason, str) else "refused",
        "error": said if isinstance(said, str) else None,
        "lease_until": None,
        "retry_at": None,
    }
    changed = (
        update(DeliveryRow)
        .where(DeliveryRow.id == part.id, DeliveryRow.state != DeliveryState.FAILED, DeliveryRow.attempts > 0)
        .values(failed)
        .returning(DeliveryRow.id)
    )
    if await connection.scalar(changed) is None:
        return
    if event.details.get("unreachable") is True:
        await mark_undeliverable(connection, part.conversation_id, str(failed["reason"]))
    if failed["reason"] == WINDOW_CLOSED:
        await tell_by_template(connection, part.conversation_id, now)
    await _reckon(connection, part, EventState.ANSWERED, EventState.FAILED)


async def _reckon(connection: AsyncConnection, part: _Part, before: EventState, after: EventState) -> None:
    """Let the account of what was answered say what is true now: it is `answered` where any part reached the contact.

    A turn that is still open makes its account itself.
    """
    of_reply = (DeliveryRow.turn_id == part.turn_id) if part.turn_id else (DeliveryRow.message_id == part.message_id)
    reaching = select(func.count()).where(of_reply, DeliveryRow.state.in_(_REACHING))
    if after is EventState.FAILED and await connection.scalar(reaching):
        return
    of_event = (Event.turn_id == part.turn_id) if part.turn_id else (Event.id == part.message_id)
    undone = Event.reason == _UNDELIVERABLE if before is EventState.FAILED else Event.reason.is_(None)
    reason = _UNDELIVERABLE if after is EventState.FAILED else None
    events = update(Event).where(of_event, Event.state == before, undone)
    await connection.execute(events.values(state=after, reason=reason))
    if part.turn_id:
        turn = update(Turn).where(Turn.id == part.turn_id, Turn.outcome == before)
        await connection.execute(turn.values(outcome=after, reason=reason))
    await conversation_changed(connection, part.conversation_id)
