"""The tables of those who own and speak: workspaces, keys, bots, channels, contacts, conversations, sessions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.database.base import Base, Described, Identified, one_of
from domain.conversations import Voice
from domain.platforms import PlatformName


class Role(StrEnum):
    """What the holder of an API key may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Workspace(Identified, Described, Base):
    """One tenant; `settings` is a whole `domain.workspaces.WorkspaceSettings`, or empty."""

    __tablename__ = "workspaces"
    name: Mapped[str] = mapped_column(unique=True)
    settings: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")


class ApiKey(Identified, Base):
    """A key of the API; only a keyed digest of its secret is kept."""

    __tablename__ = "api_keys"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), index=True)
    name: Mapped[str]
    role: Mapped[str]
    secret_digest: Mapped[str] = mapped_column(unique=True)
    last4: Mapped[str]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (one_of("role", Role),)


class BotRow(Identified, Described, Base):
    """A persona; `settings` is a whole `domain.bots.Bot`, the secrets of its tools are sealed."""

    __tablename__ = "bots"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    key: Mapped[str | None]
    name: Mapped[str]
    stopped_at: Mapped[datetime | None]
    settings: Mapped[dict[str, JsonValue]]
    credentials: Mapped[bytes | None] = mapped_column(LargeBinary)
    credentials_key_id: Mapped[str | None]
    credential_ends: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")
    __table_args__ = (
        CheckConstraint("(credentials IS NULL) = (credentials_key_id IS NULL)", name="credentials"),
        Index("uq_bots_key", "workspace_id", "key", unique=True, postgresql_where=sql("deleted_at IS NULL")),
        Index("ix_bots_page", "workspace_id", "created_at", "id"),
    )


class ChannelRow(Identified, Described, Base):
    """A bot's connection to one account; credentials are sealed, only their ends are readable."""

    __tablename__ = "channels"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    bot_id: Mapped[UUID] = mapped_column(ForeignKey("bots.id"), index=True)
    platform: Mapped[str]
    name: Mapped[str]
    settings: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")
    account: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")
    credentials: Mapped[bytes | None] = mapped_column(LargeBinary)
    credentials_key_id: Mapped[str | None]
    credential_ends: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")
    poll_offset: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str | None]
    """What keeps it from speaking: a `domain.channel_problems.ProblemReason`, with its text and since when."""
    problem_text: Mapped[str | None]
    problem_since: Mapped[datetime | None]
    problem_probe_at: Mapped[datetime | None]
    problem_probes: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (
        one_of("platform", PlatformName),
        CheckConstraint("(credentials IS NULL) = (credentials_key_id IS NULL)", name="credentials"),
        Index("ix_channels_page", "workspace_id", "created_at", "id"),
    )


class ModelRow(Identified, Described, Base):
    """A model of a workspace; `settings` is a whole `domain.offered_models.OfferedModel`, its keys are sealed."""

    __tablename__ = "models"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    name: Mapped[str]
    is_default: Mapped[bool] = mapped_column(server_default="false")
    settings: Mapped[dict[str, JsonValue]]
    credentials: Mapped[bytes | None] = mapped_column(LargeBinary)
    credentials_key_id: Mapped[str | None]
    credential_ends: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")
    __table_args__ = (
        CheckConstraint("(credentials IS NULL) = (credentials_key_id IS NULL)", name="credentials"),
        Index("uq_models_name", "workspace_id", "name", unique=True, postgresql_where=sql("deleted_at IS NULL")),
        Index(
            "uq_models_default",
            "workspace_id",
            unique=True,
            postgresql_where=sql("is_default AND deleted_at IS NULL"),
        ),
        Index("ix_models_page", "workspace_id", "created_at", "id"),
    )


class ModelAllowance(Base):
    """What a key of a model may still be used for, as of `counted_at`."""

    __tablename__ = "model_allowances"
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[float]
    tokens: Mapped[float]
    counted_at: Mapped[datetime]


class Contact(Identified, Described, Base):
    """The person or group on the other side, as one channel knows them.

    The id is made of the channel and the platform's id, and is the only unique index: `ON CONFLICT` names one, and of
    two who hear a new contact at the same time one would fail at the other.
    `profiled_at` is when the platform was asked last who that is, `profile_due_at` when it is to be asked.
    """

    __tablename__ = "contacts"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"))
    external_id: Mapped[str]
    name: Mapped[str | None]
    language: Mapped[str | None]
    picture_url: Mapped[str | None]
    profiled_at: Mapped[datetime | None]
    profile_due_at: Mapped[datetime | None]
    profile_attempts: Mapped[int] = mapped_column(server_default="0")
    picture: Mapped[dict[str, JsonValue] | None]
    """The file of the picture that was fetched last, and which version it is of."""
    __table_args__ = (
        Index("ix_contacts_external", "channel_id", "external_id"),
        Index("ix_contacts_profile_due", "profile_due_at", postgresql_where=sql("profile_due_at IS NOT NULL")),
    )


class Conversation(Identified, Described, Base):
    """One contact's chat on one channel (and thread).

    `last_seq` numbers its messages, events and changes; `turns` its turns; `forgotten_seq` is where the model's
    memory begins; `heard_at` is when the contact wrote last, by the platform's clock. Whoever allocates a number holds
    this row's lock.
    """

    __tablename__ = "conversations"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    bot_id: Mapped[UUID] = mapped_column(ForeignKey("bots.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"))
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contacts.id"), index=True)
    platform: Mapped[str]
    chat: Mapped[str]
    thread: Mapped[str | None]
    voice: Mapped[str] = mapped_column(server_default=Voice.BOT)
    closed_at: Mapped[datetime | None]
    last_message_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    last_seq: Mapped[int] = mapped_column(server_default="0")
    turns: Mapped[int] = mapped_column(server_default="0")
    forgotten_seq: Mapped[int] = mapped_column(server_default="0")
    undeliverable: Mapped[str | None]
    relayed_until: Mapped[datetime | None]
    __table_args__ = (
        one_of("voice", Voice),
        Index("ix_conversations_chat", "channel_id", "chat"),
        Index("ix_conversations_page", "workspace_id", "created_at", "id"),
        Index("ix_conversations_bot_page", "bot_id", "created_at", "id"),
        Index("ix_conversations_idle", "last_message_at", postgresql_where=sql("closed_at IS NULL")),
    )


class ChatAlias(Base):
    """Another id of a chat on the platform, and the conversation that goes on under it: the newest row counts.

    `original_chat` is the id under which the conversation began.
    """

    __tablename__ = "chat_aliases"
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"), primary_key=True)
    chat: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True, server_default=sql("'1970-01-01 00:00:00+00'"))
    original_chat: Mapped[str]
    __table_args__ = (Index("ix_chat_aliases_original", "channel_id", "original_chat"),)


class GatewayPosition(Base):
    """How far a shard of a channel was heard: the session that can be resumed, the newest message without a gap."""

    __tablename__ = "gateway_positions"
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"), primary_key=True)
    shards: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """How many there were of them then."""
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    session_id: Mapped[str | None]
    resume_url: Mapped[str | None]
    sequence: Mapped[int] = mapped_column(BigInteger)
    heard_id: Mapped[int] = mapped_column(BigInteger)


class WebchatSession(Identified, Base):
    """A visitor's session: its id is the chat; the digest of its secret lets the visitor resume it.

    `allowance` is how many messages the visitor may send at once, as of `allowance_at`.
    """

    __tablename__ = "webchat_sessions"
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"), index=True)
    visitor_id: Mapped[str | None]
    secret_digest: Mapped[str] = mapped_column(unique=True)
    page: Mapped[dict[str, JsonValue]] = mapped_column(server_default="{}")
    allowance: Mapped[float]
    allowance_at: Mapped[datetime]


class IdempotencyKey(Base):
    """The answer that a POST got, kept for a day so that its repeat gets the same."""

    __tablename__ = "idempotency_keys"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    content_type: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime]
