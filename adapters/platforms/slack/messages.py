"""Reading a message event: what was said, changed or withdrawn, and why some of it needs no answer.

A mention in a channel comes twice, as `message` and as `app_mention`, with two event ids and one `ts`: both have the
key of the `ts`, so that the second has no effect. Source: https://docs.slack.dev/reference/events/message
"""

from adapters.platforms.fields import Fields, part, reference, text
from adapters.platforms.slack.files import attachments
from adapters.platforms.slack.place import Me, Place, identity, moment, place_of, sender_of, timestamp
from adapters.platforms.slack.words import calls_others, mentions, plain
from domain.events import EventKind, InboundEvent

_SPOKEN = (None, "file_share", "thread_broadcast", "me_message")
_MEMBERSHIPS = {"channel_join": "joined", "group_join": "joined", "channel_leave": "left", "group_leave": "left"}
_OURS = {"joined": "added", "left": "removed"}


def ignored(key: str, reason: str, kind: EventKind = EventKind.OTHER) -> InboundEvent:
    """Something that belongs to no conversation."""
    return InboundEvent(key=key, kind=kind, ignored=reason)


def read_message(key: str, event: Fields, me: Me) -> InboundEvent:
    """The event that a `message` or an `app_mention` tells of; `key` is for what is no message of its own."""
    subtype = reference(event, "subtype")
    if subtype == "message_changed":
        return _edit(key, event, me)
    if subtype == "message_deleted":
        return _delete(key, event, part(event, "previous_message"), timestamp(event, "deleted_ts"), me)
    if subtype in _MEMBERSHIPS:
        return membership(key, event, _MEMBERSHIPS[subtype], me)
    place, ts = place_of(event, event, me), timestamp(event)
    if place is None or ts is None:
        return ignored(key, "malformed:message")
    if (reason := _needs_no_answer(event, subtype, me)) is not None:
        return ignored(f"message:{place.chat}:{ts}", reason)
    return _said(event, place, ts, me)


def membership(key: str, event: Fields, status: str, me: Me) -> InboundEvent:
    """Somebody came into a channel or left it: the bot itself, or anybody else."""
    chat = identity(event, "channel")
    return InboundEvent(
        key=key,
        kind=EventKind.MEMBERSHIP,
        chat=chat,
        is_group=True,
        sender=sender_of(event),
        occurred_at=moment(timestamp(event, "event_ts")),
        ignored="membership" if chat else "malformed:channel",
        details={"status": _OURS[status] if me.wrote(event) else status},
    )


def _said(event: Fields, place: Place, ts: str, me: Me) -> InboundEvent:
    raw, attached = text(event, "text") or "", attachments(event)
    said = plain(raw, me)
    mentioned = reference(event, "type") == "app_mention" or mentions(raw, me)
    answers_us = me.user is not None and reference(event, "parent_user_id") == me.user
    return InboundEvent(
        key=f"message:{place.chat}:{ts}",
        kind=EventKind.MESSAGE,
        chat=place.chat,
        thread=place.thread,
        sender=sender_of(event),
        is_group=place.is_group,
        addressed=not place.is_group or mentioned or answers_us,
        follows_up=place.is_group and place.thread not in (None, ts) and not calls_others(raw, me),
        platform_message_id=ts,
        text=said,
        attachments=attached,
        occurred_at=moment(ts),
        ignored=None if said or attached else "empty",
    )


def _edit(key: str, event: Fields, me: Me) -> InboundEvent:
    message, before = part(event, "message"), part(event, "previous_message")
    place, ts = place_of(event, message, me), timestamp(message)
    if reference(message, "subtype") == "tombstone":
        return _delete(key, event, before, ts, me)
    if place is None or ts is None:
        return ignored(key, "malformed:message_changed")
    if (reason := _needs_no_answer(message, reference(message, "subtype"), me)) is not None:
        return ignored(key, reason, EventKind.EDIT)
    raw = text(message, "text") or ""
    if raw == (text(before, "text") or ""):
        # A link was unfolded or a thread counted; nobody changed a word.
        return ignored(key, "unchanged", EventKind.EDIT)
    edited_at = timestamp(part(message, "edited")) or timestamp(event, "event_ts") or timestamp(event)
    return InboundEvent(
        key=f"edit:{place.chat}:{ts}:{edited_at}",
        kind=EventKind.EDIT,
        chat=place.chat,
        thread=place.thread,
        sender=sender_of(message),
        is_group=place.is_group,
        addressed=not place.is_group or mentions(raw, me),
        platform_message_id=ts,
        text=plain(raw, me),
        attachments=attachments(message),
        occurred_at=moment(edited_at),
    )


def _delete(key: str, event: Fields, message: Fields, ts: str | None, me: Me) -> InboundEvent:
    place = place_of(event, {**message, "ts": ts}, me)
    if place is None or ts is None:
        return ignored(key, "malformed:message_deleted")
    if (reason := _needs_no_answer(message, reference(message, "subtype"), me)) is not None:
        return ignored(key, reason, EventKind.DELETE)
    return InboundEvent(
        key=f"delete:{place.chat}:{ts}",
        kind=EventKind.DELETE,
        chat=place.chat,
        thread=place.thread,
        sender=sender_of(message),
        is_group=place.is_group,
        platform_message_id=ts,
        occurred_at=moment(timestamp(event, "event_ts")),
    )


def _needs_no_answer(message: Fields, subtype: str | None, me: Me) -> str | None:
    if me.wrote(message):
        return "own_message"
    if reference(message, "bot_id") or subtype == "bot_message":
        return "from_a_bot"
    if reference(message, "user") in ("USLACKBOT", "USLACK"):
        return "from_slack"
    return None if subtype in _SPOKEN else f"subtype:{subtype}"
