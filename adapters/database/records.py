"""The tables of what happened: events, messages, turns, completions, deliveries, verdicts, usage, notices."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from adapters.database.base import Base, Described, Identified, one_of
from domain.deliveries import DeliveryState
from domain.events import EventKind, EventState
from domain.media import MediaState

_EARLY = "reason IN ('unknown_message', 'unknown_chat')"
_OPEN = "state IN ('received', 'queued', 'held')"


class Event(Identified, Base):
    """One thing that happened to a channel, and what became of it; unique by the platform's key.

    `seq` orders it within its conversation; what was recorded late shares the place of what it came before, and
    there the times decide. Events of our own making (controls, things to say) have `ours` set.
    """

    __tablename__ = "events"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    key: Mapped[str]
    kind: Mapped[str]
    ours: Mapped[bool] = mapped_column(server_default=sql("false"))
    state: Mapped[str]
    reason: Mapped[str | None]
    seq: Mapped[int] = mapped_column(BigInteger, server_default="0")
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.id"), index=True)
    payload: Mapped[dict[str, JsonValue]]
    correlation_id: Mapped[str | None]
    handovers: Mapped[int] = mapped_column(server_default="0")
    received_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("channel_id", "key"),
        one_of("kind", EventKind),
        one_of("state", EventState),
        CheckConstraint(f"(ended_at IS NULL) = ({_OPEN})", name="ended_at"),
        Index("ix_events_open", "conversation_id", "seq", postgresql_where=sql(_OPEN)),
        Index("ix_events_received", "received_at", postgresql_where=sql("state = 'received'")),
        Index("ix_events_early", "channel_id", "received_at", postgresql_where=sql(_EARLY)),
        Index("ix_events_page", "workspace_id", "received_at", "id"),
        Index("ix_events_conversation_page", "conversation_id", "received_at", "id"),
        Index("ix_events_channel_page", "channel_id", "received_at", "id"),
        Index("ix_events_state_page", "workspace_id", "state", "received_at", "id"),
    )


class Message(Identified, Described, Base):
    """What was said. An inbound message has its event's id; an outbound one is a whole reply.

    `is_numbered` says that its buttons went out as a list, whose numbers are answers; `sender` is a whole
    `domain.speakers.Speaker`, `template` a whole `domain.templates.TemplateMessage`; `edition` is that of its newest
    edit (`domain.hearing.edition`).
    """

    __tablename__ = "messages"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    changed_seq: Mapped[int | None] = mapped_column(BigInteger)
    direction: Mapped[str]
    author: Mapped[str]
    sender: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    text: Mapped[str]
    attachments: Mapped[list[JsonValue]] = mapped_column(server_default="[]")
    platform_message_id: Mapped[str | None]
    client_message_id: Mapped[str | None]
    reply_to: Mapped[str | None]
    reply: Mapped[str | None]
    buttons: Mapped[list[JsonValue]] = mapped_column(server_default="[]")
    is_numbered: Mapped[bool] = mapped_column(server_default=sql("false"))
    template: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.id"))
    sent_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    edition: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "reply"),
        CheckConstraint("direction IN ('inbound', 'outbound')", name="direction"),
        CheckConstraint("author IN ('contact', 'bot', 'operator', 'system')", name="author"),
        Index("ix_messages_platform_id", "conversation_id", "platform_message_id"),
        Index("ix_messages_turn", "turn_id"),
        Index("ix_messages_changed", "conversation_id", "changed_seq", postgresql_where=sql("changed_seq IS NOT NULL")),
        Index("ix_messages_time", "workspace_id", "created_at"),
    )


class MediaRow(Identified, Base):
    """A file: the attachment of an inbound message, to be fetched until it is stored, or one that was uploaded.

    One with a `session_id` was brought by a visitor, and has a message once it was sent.
    """

    __tablename__ = "media"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"))
    position: Mapped[int | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    type: Mapped[str | None]
    name: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime | None]
    session_id: Mapped[UUID | None]
    __table_args__ = (
        UniqueConstraint("message_id", "position"),
        one_of("state", MediaState),
        Index("ix_media_unsent", "session_id", postgresql_where=sql("session_id IS NOT NULL AND message_id IS NULL")),
        Index("ix_media_due", "due_at", postgresql_where=sql("state = 'wanted'")),
    )


class Turn(Identified, Base):
    """One round; at most one is open in a conversation. Its members are the events that point to it."""

    __tablename__ = "turns"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    number: Mapped[int]
    generation: Mapped[int] = mapped_column(server_default="1")
    fixed_reply: Mapped[str | None]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    details: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")
    __table_args__ = (
        UniqueConstraint("conversation_id", "number"),
        Index("uq_turns_open", "conversation_id", unique=True, postgresql_where=sql("ended_at IS NULL")),
        Index("ix_turns_time", "workspace_id", "opened_at"),
    )


class Completion(Base):
    """What a model answered to one generation of a turn: claimed by a lease, stored before anything is done with it."""

    __tablename__ = "completions"
    turn_id: Mapped[UUID] = mapped_column(ForeignKey("turns.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    lease: Mapped[int] = mapped_column(server_default="1")
    lease_until: Mapped[datetime | None]
    calls: Mapped[int] = mapped_column(server_default="0")
    text: Mapped[str | None]
    refused: Mapped[bool] = mapped_column(server_default=sql("false"))
    stored_at: Mapped[datetime | None]


class DeliveryRow(Identified, Base):
    """The ledger: one part of one reply, with the payload that is sent and what became of it."""

    __tablename__ = "deliveries"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), index=True)
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.id"), index=True)
    reply: Mapped[str]
    part: Mapped[int]
    payload: Mapped[dict[str, JsonValue]]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    doubts: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    platform_message_id: Mapped[str | None]
    error: Mapped[str | None]
    reason: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    """When the contact had it, and read it, by the platform's clock; both None where no receipt told."""
    deleted_at: Mapped[datetime | None]
    """When the part was taken away from the platform again."""
    grown_from: Mapped[UUID | None]
    """The growing message that stands there under `platform_message_id`, and that sending edits."""
    __table_args__ = (
        UniqueConstraint("conversation_id", "reply", "part"),
        one_of("state", DeliveryState),
        Index("ix_deliveries_page", "workspace_id", "created_at", "id"),
        Index("ix_deliveries_state_page", "workspace_id", "state", "created_at", "id"),
        Index("ix_deliveries_channel_page", "channel_id", "created_at", "id"),
        Index(
            "ix_deliveries_platform_id",
            "conversation_id",
            "platform_message_id",
            postgresql_where=sql("platform_message_id IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_unread",
            "conversation_id",
            "sent_at",
            postgresql_where=sql("state = 'sent' AND read_at IS NULL"),
        ),
        Index("ix_deliveries_unrest", "conversation_id", postgresql_where=sql("state IN ('planned', 'sending')")),
    )


class PaceRow(Base):
    """How far the messages of a channel, or of one chat of it, are ahead of their rate (`domain.paces`).

    The next message is due at `due_at`, and may go its rate's tolerance earlier; those that wait have their places up
    to `queued_until`.
    """

    __tablename__ = "paces"
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"), primary_key=True)
    chat: Mapped[str] = mapped_column(primary_key=True)
    """Empty for the channel as a whole."""
    due_at: Mapped[datetime]
    queued_until: Mapped[datetime]


class VerdictRow(Identified, Base):
    """What moderation found in what was said."""

    __tablename__ = "verdicts"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"), index=True)
    turn_id: Mapped[UUID] = mapped_column(ForeignKey("turns.id"))
    generation: Mapped[int]
    direction: Mapped[str]
    provider: Mapped[str]
    action: Mapped[str]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    __table_args__ = (
        UniqueConstraint("turn_id", "generation", "direction", "provider", "message_id"),
        Index("ix_verdicts_page", "workspace_id", "created_at", "id"),
    )


class Usage(Identified, Base):
    """What one call of a model cost; one for another system is in no conversation."""

    __tablename__ = "usage"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    bot_id: Mapped[UUID | None] = mapped_column(ForeignKey("bots.id"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.id"))
    generation: Mapped[int]
    model: Mapped[str]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    cost: Mapped[float | None]
    duration_ms: Mapped[int]
    cached_tokens: Mapped[int] = mapped_column(server_default="0")
    purpose: Mapped[str] = mapped_column(server_default="answer")
    cache: Mapped[str | None]
    """`hit` where the answer was given again, and what that saved; `miss` where it had to be bought."""
    saved_tokens: Mapped[int] = mapped_column(server_default="0")
    saved_cost: Mapped[float | None]
    __table_args__ = (
        Index("ix_usage_time", "workspace_id", "created_at"),
        Index("ix_usage_turn", "turn_id"),
        Index("ix_usage_conversation", "conversation_id", "created_at"),
        Index("ix_usage_bot", "bot_id", "created_at"),
    )


class Notice(Identified, Base):
    """Something worth telling an operator."""

    __tablename__ = "notices"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    kind: Mapped[str]
    details: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")
    __table_args__ = (Index("ix_notices_page", "workspace_id", "created_at", "id"),)
