"""Reading a webhook call: a batch of entries, changes and items, each of them an event of its own.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
"""

from collections.abc import Iterator

from pydantic import JsonValue

from adapters.platforms.fields import Fields, part, parts, reference, shown_name, whole
from adapters.platforms.graph.events import identity, ignored, items, kind_name
from adapters.platforms.whatsapp.errors import is_of_contact, reason_of
from adapters.platforms.whatsapp.messages import read_echo, read_message, when
from adapters.platforms.whatsapp.people import read_update
from domain.events import EventKind, InboundEvent, receipt_key

_OBJECT = "whatsapp_business_account"
_STATUSES = ("sent", "delivered", "read", "played", "failed")
_ECHOES = "message_echoes"
_NEW_IDS = "user_id_update"


def read_call(body: Fields) -> tuple[InboundEvent, ...]:
    """Every event of a call; what is broken or not understood is one too, and takes no other with it."""
    if body.get("object") != _OBJECT:
        return (ignored(body, "unsupported:object"),)
    return tuple(event for entry in items(body, "entry") for event in _of_entry(entry))


def _of_entry(entry: object) -> Iterator[InboundEvent]:
    if not isinstance(entry, dict) or not isinstance(entry.get("changes"), list):
        yield ignored(entry, "malformed:entry")
        return
    for change in entry["changes"]:
        value = part(change, "value") if isinstance(change, dict) else {}
        if not value:
            yield ignored(change, "malformed:change")
        else:
            yield from _of_change(reference(change, "field"), value)


def _of_change(field: str | None, value: Fields) -> Iterator[InboundEvent]:
    if field == "smb_message_echoes":
        for echo in items(value, _ECHOES):
            said = read_echo(echo, _account(value)) if isinstance(echo, dict) else None
            yield said or ignored(echo, "from_the_phone", _account(value))
        return
    if field == _NEW_IDS and isinstance(value.get(_NEW_IDS), list):
        for update in items(value, _NEW_IDS):
            event = read_update(update, _account(value)) if isinstance(update, dict) else None
            yield event or ignored(update, f"malformed:{_NEW_IDS}", _account(value))
        return
    told = ("messages", "statuses") if field == "messages" else ()
    if not any(isinstance(value.get(name), list) for name in told):
        yield ignored({"field": field, **value}, _reason(field, value), _account(value))
        return
    for message in items(value, "messages"):
        event = read_message(message, value) if isinstance(message, dict) else None
        yield event or ignored(message, "malformed:message", _account(value))
    for status in items(value, "statuses"):
        event = _receipt(status, value) if isinstance(status, dict) else None
        yield event or ignored(status, "malformed:status", _account(value))


def _reason(field: str | None, value: Fields) -> str:
    code = whole(next(iter(parts(value, "errors")), {}), "code")
    return f"error:{code}" if field == "messages" and code is not None else f"unsupported:{kind_name(field)}"


def _receipt(status: Fields, value: Fields) -> InboundEvent | None:
    name, said = reference(status, "id"), reference(status, "status")
    if name is None or said not in _STATUSES:
        return None
    participant = identity(status, "recipient_participant_id") or reference(status, "recipient_participant_user_id")
    key = receipt_key(name, said)
    return InboundEvent(
        key=f"{key}:{participant}" if participant else key,
        kind=EventKind.RECEIPT,
        account=_account(value),
        chat=identity(status, "recipient_id") or reference(status, "recipient_user_id"),
        is_group=status.get("recipient_type") == "group",
        platform_message_id=name,
        occurred_at=when(status),
        details={"status": said} | _marked(status, participant) | (_failure(status) if said == "failed" else {}),
    )


def _marked(status: Fields, participant: str | None) -> dict[str, JsonValue]:
    known = {"mark": reference(status, "biz_opaque_callback_data"), "participant": participant}
    return {name: found for name, found in known.items() if found}


def _failure(status: Fields) -> dict[str, JsonValue]:
    error: Fields = next(iter(parts(status, "errors")), {})
    code = whole(error, "code")
    title = shown_name(error, "title")
    return {
        "code": code,
        "reason": reason_of(code),
        "unreachable": is_of_contact(code),
        "error": f"WhatsApp could not bring it to the contact: error {code}" + (f", {title}" if title else ""),
    }


def _account(value: Fields) -> str | None:
    return identity(part(value, "metadata"), "phone_number_id")
