"""Identities: which ids there are, and those that are computed instead of looked up."""

from typing import NewType
from uuid import UUID, uuid5

WorkspaceId = NewType("WorkspaceId", UUID)
BotId = NewType("BotId", UUID)
ChannelId = NewType("ChannelId", UUID)
ContactId = NewType("ContactId", UUID)
ConversationId = NewType("ConversationId", UUID)
EventId = NewType("EventId", UUID)
MessageId = NewType("MessageId", UUID)
TurnId = NewType("TurnId", UUID)
DeliveryId = NewType("DeliveryId", UUID)

_WORKFLOW_PREFIX = "conversation:"


def conversation_id(channel: ChannelId, chat: str, thread: str | None) -> ConversationId:
    """The conversation of a chat (and thread) on a channel: the same for every process that asks, without a lookup."""
    return ConversationId(uuid5(channel, f"{chat}\n{thread or ''}"))


def contact_id(channel: ChannelId, external_id: str) -> ContactId:
    """The contact with this id on the platform, as this channel knows it."""
    return ContactId(uuid5(channel, f"contact\n{external_id}"))


def event_id(channel: ChannelId, key: str) -> EventId:
    """The event with this platform key: a repeat gets the same id wherever it is recorded."""
    return EventId(uuid5(channel, f"event\n{key}"))


def workflow_id(conversation: ConversationId) -> str:
    """The Temporal workflow id of a conversation; it holds no personal data."""
    return f"{_WORKFLOW_PREFIX}{conversation}"


def conversation_of(workflow: str) -> ConversationId:
    """The conversation behind a workflow id; `ValueError` when it names none."""
    if not workflow.startswith(_WORKFLOW_PREFIX):
        raise ValueError(f"{workflow!r} is not the id of a conversation's workflow")
    return ConversationId(UUID(workflow.removeprefix(_WORKFLOW_PREFIX)))
