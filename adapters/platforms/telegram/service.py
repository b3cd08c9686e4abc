"""Service messages: what happened to a chat, in a message that nobody wrote."""

import re
from collections.abc import Mapping

from pydantic import JsonValue

from adapters.platforms.fields import Fields, numeric_id, part, parts
from adapters.platforms.telegram.entities import Me
from domain.events import EventKind
from domain.models import Frozen

MEMBERSHIP = "membership"
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_GROUP_CREATED = ("group_chat_created", "supergroup_chat_created", "channel_chat_created")
_MOVES = {"migrate_to_chat_id": "migrate_to", "migrate_from_chat_id": "migrate_from"}
_ENVELOPE = frozenset((
    "author_signature", "business_connection_id", "caption", "caption_entities", "chat", "date",
    "direct_messages_topic", "edit_date", "effect_id", "entities", "external_reply", "forward_origin", "from",
    "has_media_spoiler", "has_protected_content", "is_automatic_forward", "is_from_offline", "is_paid_post",
    "is_topic_message", "link_preview_options", "media_group_id", "message_id", "message_thread_id",
    "paid_star_count", "quote", "reply_markup", "reply_to_checklist_task_id", "reply_to_message", "reply_to_story",
    "sender_boost_count", "sender_business_bot", "sender_chat", "sender_tag", "show_caption_above_media",
    "suggested_post_info", "text", "via_bot",
))  # fmt: skip
"""What any message may have; a message with nothing else says nothing."""


class Service(Frozen):
    """A message that says nothing to us, and why."""

    kind: EventKind
    reason: str
    details: Mapping[str, JsonValue] = {}


def service_of(message: Fields, me: Me) -> Service:
    """What a message without words and attachments tells."""
    moves = {name: chat for field, name in _MOVES.items() if (chat := numeric_id(message, field))}
    if moves:
        return Service(kind=EventKind.MEMBERSHIP, reason="chat_moved", details=moves)
    status = _membership(message, me)
    if status:
        return Service(kind=EventKind.MEMBERSHIP, reason=MEMBERSHIP, details={"status": status})
    name = next((name for name in message if name not in _ENVELOPE), None)
    return Service(kind=EventKind.OTHER, reason=f"service:{field_name(name)}" if name else "empty")


def field_name(name: str) -> str:
    """A field's name as part of a reason; `unknown` for what no platform would call a field."""
    return name if _FIELD_NAME.fullmatch(name) else "unknown"


def _membership(message: Fields, me: Me) -> str | None:
    if "new_chat_members" in message:
        ids = [numeric_id(member, "id") for member in parts(message, "new_chat_members")]
        return "added" if me.id and me.id in ids else "joined"
    if "left_chat_member" in message:
        return "removed" if me.id and numeric_id(part(message, "left_chat_member"), "id") == me.id else "left"
    return "added" if any(name in message for name in _GROUP_CREATED) else None
