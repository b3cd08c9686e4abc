"""Reading an item of a batch: what was said, pressed, felt or changed, and what the page itself said.

Source: https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from pydantic import JsonValue

from adapters.platforms.fields import Fields, count, numeric_id, part, reference, shown_name, text
from adapters.platforms.graph.events import command_in, digest, identity, ignored, kind_name, when
from adapters.platforms.messenger.content import attachments_of
from adapters.platforms.messenger.receipts import read_delivery, read_own_echo, read_reading
from domain.events import WAKING_KINDS, EventKind, InboundEvent, Sender
from domain.staff import STAFF, Deed

GET_STARTED = "GET_STARTED"
"""What the button of a first conversation sends."""
_AROUND = ("sender", "recipient", "timestamp")
_Changes: TypeAlias = Mapping[str, object]


def read_item(item: object, page: str | None, app_id: str) -> Sequence[InboundEvent]:
    """The events that an item tells of; one that is broken is one that is ignored."""
    if not isinstance(item, dict):
        return (ignored(item, "malformed:item", page),)
    place = _whereabouts(item, page)
    kind = next((name for name in (*_READERS, *_SEVERAL) if part(item, name)), None)
    if kind is None:
        return (_other(item, place, app_id),)
    events = _events(kind, part(item, kind), place, app_id) if place.chat else ()
    return events or (ignored(item, f"malformed:{kind}", page),)


def _events(kind: str, told: Fields, place: InboundEvent, app_id: str) -> Sequence[InboundEvent]:
    if kind in _SEVERAL:
        return _SEVERAL[kind](told, place)
    by = identity(told, "app_id")
    if told.get("is_echo") is True and by == app_id:
        return read_own_echo(told, place)
    changes = _READERS[kind](told, place)
    if not changes:
        return ()
    event = place.model_copy(update=changes)
    return (event if event.sender else _of_the_page(event, by, reference(told, "metadata")),)


def _of_the_page(event: InboundEvent, by: str | None, mark: str | None) -> InboundEvent:
    """What a person, or another app, said or did for the page is recorded, and is nothing that a contact did."""
    known: dict[str, JsonValue] = {"app_id": by, "mark": mark, STAFF: "said" if event.kind in WAKING_KINDS else None}
    details = {**event.details, **{name: value for name, value in known.items() if value}}
    return event.model_copy(
        update={"kind": EventKind.OTHER, "ignored": "from_the_page", "command": None, "details": details}
    )


def _whereabouts(item: Fields, page: str | None) -> InboundEvent:
    """Where and when it happened: the contact is on whichever side the page is not."""
    sender = identity(part(item, "sender"), "id")
    by_page = part(item, "message").get("is_echo") is True or (page is not None and sender == page)
    contact = identity(part(item, "recipient"), "id") if by_page else sender
    return InboundEvent(
        key="",
        kind=EventKind.OTHER,
        account=page,
        chat=contact,
        sender=Sender(external_id=contact) if contact and not by_page else None,
        occurred_at=when(item, "timestamp"),
    )


def _other(item: Fields, place: InboundEvent, app_id: str) -> InboundEvent:
    """A referral, an opt-in, a hand-over, or something unheard of: named by its kind; a word of Meta's policy is told
    to whoever the page is of."""
    policy = part(item, "policy_enforcement")
    if policy:
        said: dict[str, JsonValue] = {name: shown_name(policy, name) for name in ("action", "reason")}
        reason = "policy_enforcement"
        told = {"key": f"{reason}:{digest(item)}", "ignored": reason, "details": {"policy": said}}
        return place.model_copy(update=told)
    name = next((key for key in item if key not in _AROUND), "nothing")
    reason = f"unsupported:{kind_name(name)}"
    deed = _handed(item, app_id)
    led = _referral(item) if name == "referral" else {STAFF: deed} if deed else {}
    told = {"ignored": "referral" if name == "referral" and led else reason, "details": led}
    return place.model_copy(update={"key": f"{reason}:{digest(item)}", **told})


def _handed(item: Fields, app_id: str) -> Deed | None:
    """Whether the conversation was taken from our app, or given back to it."""
    if "take_thread_control" in item:
        before = identity(part(item, "take_thread_control"), "previous_owner_app_id")
        return "took" if before in (None, app_id) else None
    owner = identity(part(item, "pass_thread_control"), "new_owner_app_id")
    return None if owner is None else "gave_back" if owner == app_id else "took"


def _message(message: Fields, _place: InboundEvent) -> _Changes | None:
    name = reference(message, "mid")
    if name is None:
        return None
    words, attached = text(message, "text") or "", attachments_of(message)
    button = part(message, "quick_reply")
    data = reference(button, "payload")
    said: _Changes = {
        "key": name,
        "kind": EventKind.BUTTON if button else EventKind.MESSAGE,
        "platform_message_id": name,
        "reply_to": reference(part(message, "reply_to"), "mid"),
        "text": words,
        "command": None if button else command_in(words),
        "attachments": attached,
        "details": ({"data": data} if data else {}) | _referral(message),
    }
    return said if words or attached else {**said, "kind": EventKind.OTHER, "ignored": "unsupported:message"}


def _postback(button: Fields, place: InboundEvent) -> _Changes | None:
    """A pressed button, or an entry of a menu; the label is the text, for that is what the contact read."""
    label, data = shown_name(button, "title"), reference(button, "payload")
    name = reference(button, "mid")
    if not (label or data):
        return None
    return {
        "key": name or f"postback:{place.chat}:{place.occurred_at}:{digest([label, data])}",
        "kind": EventKind.BUTTON,
        "platform_message_id": name,
        "text": label or data,
        "command": "start" if data == GET_STARTED else command_in(data or ""),
        "details": {"data": data} | _referral(button),
    }


def _referral(told: Fields) -> dict[str, JsonValue]:
    """The link or advertisement that led here."""
    referral = part(told, "referral")
    known = {name: reference(referral, name) for name in ("ref", "source", "type", "ad_id")}
    found: dict[str, JsonValue] = {name: value for name, value in known.items() if value}
    return {"referral": found} if found else {}


def _reaction(reaction: Fields, place: InboundEvent) -> _Changes | None:
    name, feeling = reference(reaction, "mid"), reference(reaction, "emoji") or reference(reaction, "reaction")
    if name is None:
        return None
    is_added = reaction.get("action") != "unreact"
    found: list[JsonValue] = [feeling] if feeling else []
    return {
        "key": f"reaction:{place.chat}:{name}:{is_added}:{place.occurred_at}",
        "kind": EventKind.REACTION,
        "platform_message_id": name,
        "details": {"added": found if is_added else [], "removed": [] if is_added else found},
    }


def _edit(edit: Fields, _place: InboundEvent) -> _Changes | None:
    """A changed text; where it is not told there is nothing to change."""
    name, words = reference(edit, "mid"), text(edit, "text")
    if name is None:
        return None
    return {
        "key": f"{name}:edit:{identity(edit, 'num_edit') or digest([words])}",
        "kind": EventKind.EDIT,
        "platform_message_id": name,
        "edition": _edit_number(edit),
        "text": words or "",
        "ignored": None if words else "unsupported:edit",
    }


def _edit_number(edit: Fields) -> int | None:
    """The count of edits, which comes as a number or as a text."""
    told = numeric_id(edit, "num_edit")
    return count({"num_edit": int(told)}, "num_edit") if told else None


_READERS: Mapping[str, Callable[[Fields, InboundEvent], _Changes | None]] = {
    "message": _message,
    "postback": _postback,
    "reaction": _reaction,
    "message_edit": _edit,
}
_SEVERAL: Mapping[str, Callable[[Fields, InboundEvent], Sequence[InboundEvent]]] = {
    "delivery": read_delivery,
    "read": read_reading,
}
