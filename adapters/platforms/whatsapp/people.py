"""Who is on the other side: a telephone number, or the id that WhatsApp gives a person for one business.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

import re

from adapters.platforms.base import Payload
from adapters.platforms.fields import Fields, part, parts, reference, shown_name
from domain.events import Sender

_NUMBER = re.compile(r"\+?[0-9]{5,20}")
_SCOPED = re.compile(r"[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128}")


def chat_of(message: Fields) -> str | None:
    """The chat: a group, the contact's number, or the contact's id where the number is not told."""
    return next((found for name in ("group_id", "from", "from_user_id") if (found := reference(message, name))), None)


def sender_of(message: Fields, value: Fields) -> Sender | None:
    """Who wrote, with the name from the contacts beside the messages; they are told apart by id, not by place."""
    ids = {found for name in ("from", "from_user_id") if (found := reference(message, name))}
    who = next((reference(message, name) for name in ("from", "from_user_id") if reference(message, name)), None)
    if who is None:
        return None
    contact = next((item for item in parts(value, "contacts") if ids & _ids(item)), {})
    profile = part(contact, "profile")
    return Sender(external_id=who, name=shown_name(profile, "name") or shown_name(profile, "username"))


def alias_of(message: Fields, value: Fields) -> str | None:
    """The contact's id for this business, where the number is told beside it: later the number may not be."""
    number = reference(message, "from")
    if number is None or "group_id" in message:
        return None
    contact = next((item for item in parts(value, "contacts") if reference(item, "wa_id") == number), {})
    return reference(message, "from_user_id") or reference(contact, "user_id")


def address(chat: str) -> Payload:
    """To whom a message goes: a number and a person have fields of their own, everything else is a group."""
    if _SCOPED.fullmatch(chat):
        return {"recipient_type": "individual", "recipient": chat}
    return {"recipient_type": "individual" if _NUMBER.fullmatch(chat) else "group", "to": chat}


def _ids(contact: Fields) -> set[str]:
    return {found for name in ("wa_id", "user_id") if (found := reference(contact, name))}
