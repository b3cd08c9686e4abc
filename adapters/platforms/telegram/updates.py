"""Reading an update: one update is one event (https://core.telegram.org/bots/api#update)."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from adapters.errors import Unreadable
from adapters.platforms.base import Channel
from adapters.platforms.fields import Fields, moment, numeric_id, part, parts, reference, shown_name, whole
from adapters.platforms.telegram.entities import Me
from adapters.platforms.telegram.messages import ignored, read_message
from adapters.platforms.telegram.place import person, place_of
from adapters.platforms.telegram.service import MEMBERSHIP, field_name
from domain.events import EventKind, InboundEvent

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")
_PRESENT = ("creator", "administrator", "member")
_ABSENT = ("left", "kicked")
_MAX_REACTIONS = 20


def bot_of(channel: Channel) -> Me:
    """Who the channel's bot is: its id is in the account, or before the first check in the token."""
    account = channel.account
    return Me(
        id=numeric_id(account, "id") or numeric_id({"id": channel.secret("token").partition(":")[0]}, "id"),
        username=reference(account, "username"),
    )


def read_update(update: Fields, me: Me) -> InboundEvent:
    """The event that an update tells of; raises `Unreadable` when it has no number, and for nothing else."""
    number = whole(update, "update_id")
    if number is None:
        raise Unreadable("the update has no integer `update_id`")
    key = str(number)
    kind = next((name for name in _READERS if name in update), None)
    if kind is None:
        name = next((name for name in update if name != "update_id"), "nothing")
        return ignored(key, f"unsupported:{field_name(name)}")
    found = update[kind]
    return _READERS[kind](key, found, me) if isinstance(found, Mapping) else ignored(key, f"malformed:{kind}")


def _edit(key: str, message: Fields, me: Me) -> InboundEvent:
    return read_message(key, message, me, EventKind.EDIT)


def _button(key: str, query: Fields, _me: Me) -> InboundEvent:
    message, data = part(query, "message"), reference(query, "data")
    place = place_of(message)
    details: dict[str, JsonValue] = {"callback_id": reference(query, "id"), "data": data}
    reason = "unsupported:inline_message" if place is None else None if data else "unsupported:button_without_data"
    return InboundEvent(
        key=key,
        kind=EventKind.BUTTON,
        chat=place.chat if place else None,
        thread=place.thread if place else None,
        sender=person(part(query, "from")),
        is_group=place.is_group if place else False,
        reply_to=numeric_id(message, "message_id"),
        text=_label(message, data) or data or "",
        ignored=reason,
        details=details,
    )


def _label(message: Fields, data: str | None) -> str | None:
    rows = part(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if data and isinstance(button, Mapping) and reference(button, "callback_data") == data:
                return shown_name(button, "text")
    return None


def _my_membership(key: str, change: Fields, _me: Me) -> InboundEvent:
    place = place_of(change)
    if place is None:
        return ignored(key, "malformed:chat")
    return InboundEvent(
        key=key,
        kind=EventKind.MEMBERSHIP,
        chat=place.chat,
        sender=person(part(change, "from")),
        is_group=place.is_group,
        occurred_at=moment(change, "date"),
        ignored=MEMBERSHIP,
        details={"status": _status(change, is_group=place.is_group)},
    )


def _status(change: Fields, *, is_group: bool) -> str:
    here, was_here = (_is_present(part(change, name)) for name in ("new_chat_member", "old_chat_member"))
    if here is False:
        return "removed" if is_group else "blocked"
    if here is None or was_here:
        return "changed"
    return "added" if is_group else "unblocked"


def _is_present(member: Fields) -> bool | None:
    status = member.get("status")
    if status == "restricted":
        return member.get("is_member") is True
    return True if status in _PRESENT else False if status in _ABSENT else None


def _reaction(key: str, change: Fields, _me: Me) -> InboundEvent:
    place = place_of(change)
    if place is None:
        return ignored(key, "malformed:chat")
    old, new = _emojis(change, "old_reaction"), _emojis(change, "new_reaction")
    added: list[JsonValue] = [emoji for emoji in new if emoji not in old]
    removed: list[JsonValue] = [emoji for emoji in old if emoji not in new]
    return InboundEvent(
        key=key,
        kind=EventKind.REACTION,
        chat=place.chat,
        sender=person(part(change, "actor_chat")) or person(part(change, "user")),
        is_group=place.is_group,
        addressed=not place.is_group,
        platform_message_id=numeric_id(change, "message_id"),
        occurred_at=moment(change, "date"),
        details={"added": added, "removed": removed},
    )


def _emojis(change: Fields, name: str) -> list[str]:
    found = parts(change, name)[:_MAX_REACTIONS]
    emojis = (reference(reaction, "emoji") or reference(reaction, "type") for reaction in found)
    return [emoji for emoji in emojis if emoji]


_READERS: dict[str, Callable[[str, Fields, Me], InboundEvent]] = {
    "message": read_message,
    "edited_message": _edit,
    "callback_query": _button,
    "my_chat_member": _my_membership,
    "message_reaction": _reaction,
}
