"""Reading what the gateway dispatches: what was said, changed, withdrawn or reacted to.

A message has the same key whether it was dispatched or found in the history afterwards.
Source: https://discord.com/developers/docs/events/gateway-events
"""

from collections.abc import Callable

from pydantic import JsonValue

from adapters.platforms.discord.files import attachments
from adapters.platforms.discord.place import Me, guild_details, identity, moment, moment_of, sender_of
from adapters.platforms.discord.words import plain
from adapters.platforms.fields import Fields, part, parts, reference, text, whole
from domain.events import EventKind, InboundEvent, Replied
from domain.speakers import MAX_QUOTED_CHARACTERS
from domain.text import shortened
from domain.transcripts import worded

_SPOKEN = (0, 19)
"""An ordinary message and a reply; all other types are written by Discord itself."""
_MAX_DELETED = 100


def read_dispatch(name: str, told: Fields, key: str, me: Me) -> tuple[InboundEvent, ...]:
    """The events that a dispatch tells of; none for one that is about no message.

    `key` names the dispatch itself, for what has no id of its own.
    """
    read = _READERS.get(name)
    return read(told, key, me) if read else ()


def read_message(message: Fields, me: Me, guild: str | None = None) -> InboundEvent:
    """The event of a message, dispatched or found in the history, where only the caller knows the guild."""
    chat, name = identity(message, "channel_id"), identity(message, "id")
    if chat is None or name is None:
        return InboundEvent(key=f"message:{chat}:{name}", kind=EventKind.OTHER, ignored="malformed:message")
    key, content = f"message:{name}", text(message, "content") or ""
    if (reason := _needs_no_answer(message, me)) is not None:
        return InboundEvent(key=key, kind=EventKind.OTHER, ignored=reason)
    answered = part(message, "referenced_message")
    within = identity(message, "guild_id") or guild
    is_group = within is not None
    attached = attachments(message)
    return InboundEvent(
        key=key,
        kind=EventKind.MESSAGE,
        chat=chat,
        sender=sender_of(part(message, "author"), part(message, "member")),
        is_group=is_group,
        addressed=not is_group or me.is_among(parts(message, "mentions")) or me.wrote(answered),
        platform_message_id=name,
        reply_to=identity(answered, "id"),
        replied=_replied(answered, me),
        text=plain(message, content, me),
        attachments=attached,
        occurred_at=moment_of(name),
        ignored=None if content.strip() or attached else "empty",
        details=guild_details(within),
    )


def _replied(answered: Fields, me: Me) -> Replied | None:
    words = worded(plain(answered, text(answered, "content") or "", me), attachments(answered))
    if not words:
        return None
    sender = sender_of(part(answered, "author"), part(answered, "member"))
    return Replied(text=shortened(words, MAX_QUOTED_CHARACTERS), sender=sender, ours=me.wrote(answered))


def _created(told: Fields, key: str, me: Me) -> tuple[InboundEvent, ...]:
    return (read_message(told, me),)


def _updated(told: Fields, key: str, me: Me) -> tuple[InboundEvent, ...]:
    """An edit; Discord also tells of messages to which it added a preview, which nobody edited."""
    chat, name, edited = identity(told, "channel_id"), identity(told, "id"), reference(told, "edited_timestamp")
    if chat is None or name is None or edited is None or not isinstance(told.get("content"), str):
        return ()
    if _needs_no_answer(told, me) is not None:
        return ()
    is_group = identity(told, "guild_id") is not None
    return (
        InboundEvent(
            key=f"edit:{name}:{edited}",
            kind=EventKind.EDIT,
            chat=chat,
            sender=sender_of(part(told, "author"), part(told, "member")),
            is_group=is_group,
            addressed=not is_group or me.is_among(parts(told, "mentions")),
            platform_message_id=name,
            text=plain(told, text(told, "content") or "", me),
            attachments=attachments(told),
            occurred_at=moment(told, "edited_timestamp"),
        ),
    )


def _deleted(told: Fields, key: str, me: Me) -> tuple[InboundEvent, ...]:
    name = identity(told, "id")
    return (_withdrawn(told, name),) if name else ()


def _deleted_together(told: Fields, key: str, me: Me) -> tuple[InboundEvent, ...]:
    listed = told.get("ids")
    names = listed[:_MAX_DELETED] if isinstance(listed, list) else []
    found = (identity({"id": name}, "id") for name in names)
    return tuple(_withdrawn(told, name) for name in found if name)


def _withdrawn(told: Fields, name: str) -> InboundEvent:
    return InboundEvent(
        key=f"delete:{name}",
        kind=EventKind.DELETE,
        chat=identity(told, "channel_id"),
        is_group=identity(told, "guild_id") is not None,
        platform_message_id=name,
    )


def _reacted(told: Fields, key: str, me: Me) -> tuple[InboundEvent, ...]:
    return (_reaction(told, key, me, is_added=True),)


def _unreacted(told: Fields, key: str, me: Me) -> tuple[InboundEvent, ...]:
    return (_reaction(told, key, me, is_added=False),)


def _reaction(told: Fields, key: str, me: Me, *, is_added: bool) -> InboundEvent:
    emoji = reference(part(told, "emoji"), "name") or identity(part(told, "emoji"), "id") or ""
    names: list[JsonValue] = [emoji]
    by = identity(told, "user_id")
    member = part(told, "member")
    return InboundEvent(
        key=key,
        kind=EventKind.REACTION,
        chat=identity(told, "channel_id"),
        sender=sender_of({**part(member, "user"), "id": by}, member),
        is_group=identity(told, "guild_id") is not None,
        addressed=me.is_id(identity(told, "message_author_id")),
        platform_message_id=identity(told, "message_id"),
        ignored="own_reaction" if me.is_id(by) else None,
        details={"added": names if is_added else [], "removed": [] if is_added else names},
    )


def _needs_no_answer(message: Fields, me: Me) -> str | None:
    if me.wrote(message):
        return "own_message"
    if identity(message, "webhook_id"):
        return "from_a_webhook"
    if part(message, "author").get("bot") is True:
        return "from_a_bot"
    kind = whole(message, "type")
    return None if kind in (None, *_SPOKEN) else f"type:{kind}"


_READERS: dict[str, Callable[[Fields, str, Me], tuple[InboundEvent, ...]]] = {
    "MESSAGE_CREATE": _created,
    "MESSAGE_UPDATE": _updated,
    "MESSAGE_DELETE": _deleted,
    "MESSAGE_DELETE_BULK": _deleted_together,
    "MESSAGE_REACTION_ADD": _reacted,
    "MESSAGE_REACTION_REMOVE": _unreacted,
}
