"""What became of what the page sent: its own echo under our mark, deliveries by name, readings up to a moment.

Sources: https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-echoes,
…/message-deliveries and …/message-reads
"""

from collections.abc import Sequence

from adapters.platforms.fields import Fields, numeric_id, reference
from adapters.platforms.graph.events import items, when
from domain.events import EventKind, InboundEvent, receipt_key


def read_own_echo(message: Fields, place: InboundEvent) -> Sequence[InboundEvent]:
    """A message of our own app's: the platform has it."""
    name, mark = reference(message, "mid"), reference(message, "metadata")
    if name is None:
        return ()
    return (_of_message(place, name, "sent", {"mark": mark} if mark else {}),)


def read_delivery(delivery: Fields, place: InboundEvent) -> Sequence[InboundEvent]:
    """Messages that the contact's device has, each by its name; without names, all up to a moment."""
    told = [name for item in items(delivery, "mids") if (name := reference({"mid": item}, "mid"))]
    if told:
        return [_of_message(place, name, "delivered", {}) for name in dict.fromkeys(told)]
    return _up_to(delivery, place, "delivered")


def read_reading(reading: Fields, place: InboundEvent) -> Sequence[InboundEvent]:
    """The contact has seen all up to a moment."""
    return _up_to(reading, place, "read")


def _of_message(place: InboundEvent, name: str, status: str, more: dict[str, str]) -> InboundEvent:
    told = {"key": receipt_key(name, status), "kind": EventKind.RECEIPT, "platform_message_id": name}
    return place.model_copy(update={**told, "details": {"status": status, **more}})


def _up_to(told: Fields, place: InboundEvent, status: str) -> Sequence[InboundEvent]:
    """A receipt that names no message says nothing of one that is in doubt."""
    watermark, until = numeric_id(told, "watermark"), when(told, "watermark")
    if watermark is None or until is None:
        return ()
    key = receipt_key(f"{place.chat}:{watermark}", status)
    details = {"status": status, "until": until.isoformat()}
    return (place.model_copy(update={"key": key, "kind": EventKind.RECEIPT, "details": details}),)
