"""Choices: a number that answers a list of buttons, or a press that tells no label, is understood as the label."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import JsonValue
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import DeliveryRow, Message
from domain.buttons import Button, chosen, data_of, may_choose
from domain.events import EventKind, EventState, InboundEvent
from domain.ids import ConversationId

if TYPE_CHECKING:
    from adapters.database.events import Recording

_CIRCUMSTANCES = ("wrote", "form", "referral", "product", "forwarded", "quote")
_ASKED = (
    select(Message.buttons, Message.is_numbered, Message.created_at)
    .where(Message.conversation_id == bindparam("conversation"), Message.direction == "outbound")
    .order_by(Message.seq.desc())
    .limit(1)
)
_SHOWN = (
    select(Message.buttons)
    .join(DeliveryRow, DeliveryRow.message_id == Message.id)
    .where(
        DeliveryRow.conversation_id == bindparam("conversation"),
        DeliveryRow.platform_message_id == bindparam("named"),
    )
    .limit(1)
)


@dataclass(frozen=True)
class Listed:
    """Buttons that went out as a list."""

    buttons: Sequence[Button]
    said_at: datetime


async def understood(
    connection: AsyncConnection, conversation: ConversationId | None, recordings: "Sequence[Recording]"
) -> "list[Recording]":
    """The same events; where our last words were a numbered list, a number is the label that it stands for.

    So is what a button carries, where the platform tells of a press on a message that it keeps no more.
    """
    if conversation is None:
        return list(recordings)
    recordings = [
        replace(item, event=await _labelled(connection, conversation, item.event)) if _is_bare(item.event) else item
        for item in recordings
    ]
    if not any(_may_choose(item) for item in recordings):
        return recordings
    offered = await listed(connection, conversation)
    if offered is None:
        return recordings
    return [
        replace(item, event=_read(item.event, offered.buttons)) if _may_choose(item) else item for item in recordings
    ]


async def listed(connection: AsyncConnection, conversation: ConversationId) -> Listed | None:
    """What our last words offer by numbers; None where they are no such list."""
    row = (await connection.execute(_ASKED, {"conversation": conversation})).one_or_none()
    if row is None or not row.is_numbered:
        return None
    return Listed([Button.model_validate(item) for item in row.buttons], row.created_at)


def metadata(event: InboundEvent) -> dict[str, JsonValue]:
    """What a message keeps of how it came about: `button` is what the button carries that it came from."""
    data = event.details.get("data") if event.kind is EventKind.BUTTON else event.details.get("button")
    start = event.details.get("payload") if event.command == "start" else None
    known: dict[str, JsonValue] = {"button": data, "start_payload": start}
    known |= {name: event.details.get(name) for name in _CIRCUMSTANCES}
    return {name: value for name, value in known.items() if value}


def _is_bare(event: InboundEvent) -> bool:
    """Whether a press is told without the label."""
    return event.kind is EventKind.BUTTON and event.reply_to is not None and event.text == event.details.get("data")


async def _labelled(connection: AsyncConnection, conversation: ConversationId, event: InboundEvent) -> InboundEvent:
    """The press with the label that the button had in our message."""
    shown = await connection.scalar(_SHOWN, {"conversation": conversation, "named": event.reply_to})
    buttons = [Button.model_validate(item) for item in shown or ()]
    labels = (button.label for button, data in zip(buttons, data_of(buttons), strict=True) if data == event.text)
    return event.model_copy(update={"text": next(labels, event.text)})


def _may_choose(item: "Recording") -> bool:
    event = item.event
    is_said = event.kind is EventKind.MESSAGE and item.state is EventState.RECEIVED
    return is_said and not event.attachments and may_choose(event.text)


def _read(event: InboundEvent, buttons: Sequence[Button]) -> InboundEvent:
    button = chosen(event.text, buttons)
    if button is None:
        return event
    data = data_of(buttons)[buttons.index(button)]
    details = {**event.details, "button": data, "wrote": event.text}
    return event.model_copy(update={"text": button.label, "details": details})
