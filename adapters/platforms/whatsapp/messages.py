"""Reading a message: what was said, changed, withdrawn, pressed or felt, and why some need no answer."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import JsonValue

from adapters.platforms.fields import Fields, moment, part, parts, reference, shown_name, text, whole
from adapters.platforms.graph.events import command_in, identity, kind_name
from adapters.platforms.whatsapp.content import Content, content_of
from adapters.platforms.whatsapp.people import alias_of, changed, chat_of, sender_of
from domain.events import EventKind, InboundEvent
from domain.staff import STAFF

_DIGITS = re.compile(r"[0-9]{1,12}")


def read_message(message: Fields, value: Fields) -> InboundEvent | None:
    """The event that a message tells of; None for one without an id or a chat, which nothing can be done with."""
    name, chat = reference(message, "id"), chat_of(message)
    if name is None or chat is None:
        return None
    is_group = "group_id" in message
    alias = alias_of(message, value)
    place = InboundEvent(
        key=name,
        kind=EventKind.OTHER,
        account=identity(part(value, "metadata"), "phone_number_id"),
        chat=chat,
        sender=sender_of(message, value),
        is_group=is_group,
        addressed=not is_group or _answers_us(message, value),
        platform_message_id=name,
        reply_to=reference(part(message, "context"), "id"),
        occurred_at=when(message),
        details={"also_known_as": alias} if alias else {},
    )
    kind = reference(message, "type") or ""
    read = _READERS.get(kind)
    return place.model_copy(update=read(message, place) if read else _said(message, place))


def read_echo(echo: Fields, account: str | None) -> InboundEvent | None:
    """What a person said to a contact in the phone's own app; None for what says nothing, or to nobody."""
    name, content = reference(echo, "id"), content_of(echo) or Content()
    to, known = identity(echo, "to"), reference(echo, "to_user_id")
    chat = to or known
    if name is None or chat is None or content == Content():
        return None
    alias: dict[str, JsonValue] = {"also_known_as": known} if known and known != chat else {}
    return InboundEvent(
        key=name,
        kind=EventKind.OTHER,
        account=account,
        chat=chat,
        platform_message_id=name,
        reply_to=reference(part(echo, "context"), "id"),
        text=content.text,
        attachments=content.attachments,
        occurred_at=when(echo),
        ignored="from_the_phone",
        details={STAFF: "said", **alias},
    )


def when(item: Fields) -> datetime | None:
    """The time of a message or status, which comes as seconds since 1970 in a text."""
    given = identity(item, "timestamp") or ""
    return moment({"timestamp": int(given)}, "timestamp") if _DIGITS.fullmatch(given) else None


def _answers_us(message: Fields, value: Fields) -> bool:
    ours = reference(part(value, "metadata"), "display_phone_number")
    return ours is not None and reference(part(message, "context"), "from") == ours


def _said(message: Fields, place: InboundEvent) -> Mapping[str, object]:
    """A message; one that says nothing that is understood is ignored, with its kind."""
    content = content_of(message)
    if content is None or content == Content():
        inner = part(message, "unsupported").get("type") or part(message, "interactive").get("type")
        name = inner if isinstance(inner, str) else reference(message, "type")
        return {"ignored": f"unsupported:{kind_name(name)}"}
    return {
        "kind": EventKind.MESSAGE,
        "text": content.text,
        "command": command_in(content.text) if reference(message, "type") == "text" else None,
        "attachments": content.attachments,
        "details": {**place.details, **_circumstances(message)},
    }


def _circumstances(message: Fields) -> dict[str, JsonValue]:
    """Whether it was passed on, and the advertisement or product that it is about."""
    context, referral = part(message, "context"), part(message, "referral")
    forwarded = any(context.get(name) is True for name in ("forwarded", "frequently_forwarded"))
    product = reference(part(context, "referred_product"), "product_retailer_id")
    source = {name: reference(referral, name) for name in ("source_type", "source_id", "source_url", "headline")}
    known: dict[str, JsonValue] = {name: found for name, found in source.items() if found}
    return (
        ({"forwarded": True} if forwarded else {})
        | ({"product": product} if product else {})
        | ({"referral": known} if known else {})
    )


def _pressed(message: Fields, place: InboundEvent) -> Mapping[str, object]:
    """A button of a template, or one of a reply or a list; the label is the text, for that is what the contact read."""
    interactive = part(message, "interactive")
    reply = part(interactive, "button_reply") or part(interactive, "list_reply")
    if not reply and not part(message, "button"):
        return _said(message, place)
    button = part(message, "button")
    label = shown_name(reply, "title") or text(button, "text")
    data = reference(reply, "id") or reference(button, "payload")
    if not label and not data:
        return {"ignored": "unsupported:button_without_data"}
    details = {**place.details, "data": data, **_circumstances(message)}
    return {"kind": EventKind.BUTTON, "text": label or data, "details": details}


def _reaction(message: Fields, place: InboundEvent) -> Mapping[str, object]:
    reaction = part(message, "reaction")
    emoji = reference(reaction, "emoji")
    details: dict[str, JsonValue] = {"added": [emoji] if emoji else [], "removed": []}
    return {
        "kind": EventKind.REACTION,
        "platform_message_id": reference(reaction, "message_id"),
        "details": {**place.details, **details},
    }


def _edit(message: Fields, place: InboundEvent) -> Mapping[str, object]:
    edit = part(message, "edit")
    inner = part(edit, "message")
    content = content_of(inner)
    original = reference(edit, "original_message_id")
    if content is None or original is None:
        return {"ignored": "unsupported:edit"}
    return {
        "key": f"{place.key}:edit",
        "kind": EventKind.EDIT,
        "platform_message_id": original,
        "reply_to": None,
        "text": content.text,
        "attachments": content.attachments,
    }


def _revoke(message: Fields, place: InboundEvent) -> Mapping[str, object]:
    original = reference(part(message, "revoke"), "original_message_id")
    if original is None:
        return {"ignored": "unsupported:revoke"}
    return {"key": f"{place.key}:revoke", "kind": EventKind.DELETE, "platform_message_id": original}


def _system(message: Fields, place: InboundEvent) -> Mapping[str, object]:
    """A contact's new number or id, under which the conversation goes on; the others change nothing here."""
    known = changed(message, place.chat or "")
    return known or {"ignored": f"system:{kind_name(reference(part(message, 'system'), 'type'))}"}


def _unsupported(message: Fields, _place: InboundEvent) -> Mapping[str, object]:
    code = whole(next(iter(parts(message, "errors")), {}), "code")
    name = reference(part(message, "unsupported"), "type")
    return {
        "ignored": f"unsupported:{kind_name(name) if name else 'message'}",
        "details": {"code": code} if code is not None else {},
    }


_READERS: Mapping[str, Callable[[Fields, InboundEvent], Mapping[str, object]]] = {
    "button": _pressed,
    "interactive": _pressed,
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
    "unsupported": _unsupported,
}
