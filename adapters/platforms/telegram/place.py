"""Where something happened and who did it: chats, topics and senders."""

import re

from adapters.errors import Unacceptable
from adapters.platforms.fields import Fields, numeric_id, part, reference, shown_name
from adapters.platforms.recipients import demand
from domain.events import Sender
from domain.models import Frozen

_LANGUAGE = re.compile(r"[A-Za-z0-9-]{2,35}")
_CHAT = re.compile(r"-?[1-9][0-9]{0,15}")
_GROUPS = ("group", "supergroup", "channel")


class Place(Frozen):
    """A chat, and the topic in it."""

    chat: str
    thread: str | None = None
    is_group: bool = False


def recipient(given: str) -> str:
    """A chat's number as Telegram writes it; raises `Unacceptable` for anything else."""
    if given.startswith("@"):
        raise Unacceptable("give the chat's number, not its name; a message or GET /v1/events shows it as `chat`")
    return demand(given, _CHAT, "a Telegram chat's number, such as 7527593 or -1001234567890")


def place_of(message: Fields) -> Place | None:
    """Where a message stands; None when it names no chat."""
    chat = part(message, "chat")
    found = numeric_id(chat, "id")
    if found is None:
        return None
    thread = numeric_id(message, "message_thread_id") if message.get("is_topic_message") is True else None
    kind = chat.get("type")
    return Place(chat=found, thread=thread, is_group=kind in _GROUPS or (kind != "private" and found.startswith("-")))


def sender_of(message: Fields) -> Sender | None:
    """Who wrote: a chat where one speaks for itself (anonymous administrators), else a user, else the private chat."""
    chat = part(message, "chat")
    candidates = (part(message, "sender_chat"), part(message, "from"), chat if chat.get("type") == "private" else {})
    return next((found for candidate in candidates if (found := person(candidate))), None)


def person(fields: Fields) -> Sender | None:
    """A user or chat as a sender; None when it has no id."""
    found = numeric_id(fields, "id")
    if found is None:
        return None
    names = (shown_name(fields, "first_name", "last_name"), shown_name(fields, "title"), shown_name(fields, "username"))
    language = reference(fields, "language_code") or ""
    return Sender(
        external_id=found,
        name=next((name for name in names if name), None),
        language=language if _LANGUAGE.fullmatch(language) else None,
    )
