"""Who is on the other side: a telephone number, or the id that WhatsApp gives a person for one business.

Either may change, and WhatsApp tells of it: of a number by a system message, of an id also by an event of its own.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

import re

from pydantic import JsonValue

from adapters.platforms.base import Payload
from adapters.platforms.fields import Fields, part, parts, reference, shown_name, text
from adapters.platforms.graph.events import identity
from adapters.platforms.recipients import demand
from domain.events import EventKind, InboundEvent, Sender

_NUMBER = re.compile(r"\+?[0-9]{5,20}")
_DIALLED = re.compile(r"[1-9][0-9]{4,14}")
_SEPARATORS = re.compile(r"[ \u00a0().\-\u2010\u2011/]")
_ID = r"[A-Z]{2}(?:\.ENT)?\.[A-Za-z0-9]{1,128}"
_SCOPED = re.compile(_ID)
_FROM_ONE_TO_ANOTHER = re.compile(rf"changed from ({_ID}) to {_ID}")
_NEW_NUMBER = ("user_changed_number", "customer_changed_number")
_NEW_ID = "user_changed_user_id"


def chat_of(message: Fields) -> str | None:
    """The chat: a group, the contact's number, or the contact's id where the number is not told."""
    named = next((found for name in ("group_id", "from", "from_user_id") if (found := identity(message, name))), None)
    return named or _id_before(message)


def sender_of(message: Fields, value: Fields) -> Sender | None:
    """Who wrote, with the name from the contacts beside the messages; they are told apart by id, not by place."""
    ids = {found for name in ("from", "from_user_id") if (found := identity(message, name))}
    who = next((found for name in ("from", "from_user_id") if (found := identity(message, name))), None)
    if who is None:
        return None
    contact = next((item for item in parts(value, "contacts") if ids & _ids(item)), {})
    profile = part(contact, "profile")
    return Sender(external_id=who, name=shown_name(profile, "name") or shown_name(profile, "username"))


def alias_of(message: Fields, value: Fields) -> str | None:
    """The contact's id for this business, where the number is told beside it: later the number may not be."""
    number = identity(message, "from")
    if number is None or "group_id" in message:
        return None
    contact = next((item for item in parts(value, "contacts") if identity(item, "wa_id") == number), {})
    return reference(message, "from_user_id") or reference(contact, "user_id")


def address(chat: str) -> Payload:
    """To whom a message goes: a number and a person have fields of their own, everything else is a group."""
    if _SCOPED.fullmatch(chat):
        return {"recipient_type": "individual", "recipient": chat}
    return {"recipient_type": "individual" if _NUMBER.fullmatch(chat) else "group", "to": chat}


def recipient(given: str) -> str:
    """A number without its plus and what separates its groups, or an id; raises `Unacceptable` for anything else."""
    if _SCOPED.fullmatch(given):
        return given
    wanted = "a telephone number with its country code, such as 491511234567, or a contact's id such as US.1349"
    return demand(_SEPARATORS.sub("", given).removeprefix("+"), _DIALLED, wanted)


def changed(message: Fields, chat: str) -> dict[str, object] | None:
    """What a system message changes of a contact: the number, or the id for this business; None for any other."""
    system = part(message, "system")
    kind, number, name = (identity(system, field) for field in ("type", "wa_id", "user_id"))
    if "group_id" in message:
        return None
    if kind in _NEW_NUMBER and number and number != chat:
        return _moved(chat, number, name)
    if kind != _NEW_ID or name is None:
        return None
    before = _id_before(message) or reference(message, "from_user_id")
    if before and before != name:
        return _moved(before, name, number or identity(message, "from"))
    return _also_known(chat, name) if name != chat else None


def read_update(update: Fields, account: str | None) -> InboundEvent | None:
    """A contact's new id for this business; `wa_id` is told beside it where the contact does not hide the number."""
    names = part(update, "user_id")
    before, now = reference(names, "previous"), reference(names, "current")
    if before is None or now is None or before == now:
        return None
    event = InboundEvent(key=f"user_id_update:{before}:{now}", kind=EventKind.MEMBERSHIP, account=account)
    return event.model_copy(update=_moved(before, now, identity(update, "wa_id")))


def _moved(chat: str, new: str, also: str | None) -> dict[str, object]:
    """The conversation goes on under the new name; whoever is known by the other one is the same contact."""
    known: dict[str, JsonValue] = {"also_known_as": also} if also and also not in (chat, new) else {}
    return _told(chat, {"migrate_to": new, **known})


def _also_known(chat: str, name: str) -> dict[str, object]:
    return _told(chat, {"also_known_as": name})


def _told(chat: str, details: dict[str, JsonValue]) -> dict[str, object]:
    return {"kind": EventKind.MEMBERSHIP, "chat": chat, "ignored": "chat_moved", "details": details}


def _id_before(message: Fields) -> str | None:
    """The id that a contact had: a message of a changed id names it in words alone, where nobody else is named."""
    system = part(message, "system")
    if reference(system, "type") != _NEW_ID:
        return None
    found = _FROM_ONE_TO_ANOTHER.search(text(system, "body") or "")
    return found[1] if found else None


def _ids(contact: Fields) -> set[str]:
    return {found for name in ("wa_id", "user_id") if (found := identity(contact, name))}
