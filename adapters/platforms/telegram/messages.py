"""Reading a message: what was said, by whom, to whom, and why some need no answer."""

from pydantic import JsonValue

from adapters.platforms.fields import Fields, moment, numeric_id, part, reference, shown_name, text
from adapters.platforms.telegram.content import attachments
from adapters.platforms.telegram.entities import Command, Me, Words
from adapters.platforms.telegram.place import place_of, sender_of
from adapters.platforms.telegram.service import service_of
from domain.events import EventKind, InboundEvent, Replied
from domain.speakers import MAX_QUOTED_CHARACTERS
from domain.text import shortened
from domain.transcripts import worded


def ignored(key: str, reason: str) -> InboundEvent:
    """Something that belongs to no conversation."""
    return InboundEvent(key=key, kind=EventKind.OTHER, ignored=reason)


def read_message(key: str, message: Fields, me: Me, kind: EventKind = EventKind.MESSAGE) -> InboundEvent:
    """A message, an edited one, or a chat's service message."""
    place = place_of(message)
    if place is None:
        return ignored(key, "malformed:chat")
    words, attached = Words(message), attachments(message)
    service = None if words.text or attached else service_of(message, me)
    command = words.command()
    ours = command if command and (not place.is_group or command.is_for(me)) else None
    return InboundEvent(
        key=key,
        kind=service.kind if service else kind,
        chat=place.chat,
        thread=place.thread,
        sender=sender_of(message),
        is_group=place.is_group,
        addressed=not place.is_group or ours is not None or words.mention(me) or _answers(message, me),
        platform_message_id=numeric_id(message, "message_id"),
        reply_to=numeric_id(_answered(message), "message_id"),
        replied=_replied(message, me),
        text=words.text,
        command=ours.name if ours else None,
        attachments=attached,
        occurred_at=moment(message, "edit_date") or moment(message, "date"),
        ignored=service.reason if service else _needs_no_answer(message, me),
        details=dict(service.details) if service else _details(message, words, ours),
    )


def _needs_no_answer(message: Fields, me: Me) -> str | None:
    if message.get("is_automatic_forward") is True:
        return "automatic_forward"
    if me.id and numeric_id(part(message, "via_bot"), "id") == me.id:
        return "via_this_bot"
    # Who speaks as a chat has one of Telegram's own bots as `from`.
    if part(message, "from").get("is_bot") is True and numeric_id(part(message, "sender_chat"), "id") is None:
        return "from_a_bot"
    return None


def _answered(message: Fields) -> Fields:
    # In a topic every message that answers nothing seems to answer the one that opened the topic.
    answered = part(message, "reply_to_message")
    return {} if "forum_topic_created" in answered else answered


def _answers(message: Fields, me: Me) -> bool:
    return me.id is not None and numeric_id(part(_answered(message), "from"), "id") == me.id


def _replied(message: Fields, me: Me) -> Replied | None:
    """What it answers: the words that its writer marked there, or the whole of it."""
    answered = _answered(message)
    quote = text(part(message, "quote"), "text")
    words = quote or worded(Words(answered).text, attachments(answered))
    if not words:
        return None
    return Replied(text=shortened(words, MAX_QUOTED_CHARACTERS), sender=sender_of(answered), ours=_answers(message, me))


def _details(message: Fields, words: Words, command: Command | None) -> dict[str, JsonValue]:
    details: dict[str, JsonValue] = {}
    payload = words.text.partition(" ")[2].strip()
    if command and command.name == "start" and payload:
        details["payload"] = payload
    known = {
        "media_group_id": reference(message, "media_group_id"),
        "quote": reference(part(message, "quote"), "text"),
        "chat_title": shown_name(part(message, "chat"), "title"),
    }
    forwarded: dict[str, JsonValue] = {"forwarded": True} if part(message, "forward_origin") else {}
    return details | forwarded | {name: found for name, found in known.items() if found}
