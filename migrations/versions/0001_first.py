"""The tables of those who own and speak, and the workspace `default`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, check, column, described, identified, index, table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    _workspaces()
    _api_keys()
    _bots()
    _idempotency_keys()
    _channels()
    _chat_aliases()
    _contacts()
    _webchat_sessions()
    _conversations()
    op.execute("INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'default')")


def downgrade() -> None:
    """Go back to the step before."""
    for name in (
        "conversations",
        "webchat_sessions",
        "contacts",
        "chat_aliases",
        "channels",
        "idempotency_keys",
        "bots",
        "api_keys",
        "workspaces",
    ):
        op.drop_table(name)


def _workspaces() -> None:
    table(
        "workspaces",
        column("name", sa.Text()),
        *identified(),
        *described(),
        PrimaryKey("id", name="pk_workspaces"),
        Unique("name", name="uq_workspaces_name"),
    )


def _api_keys() -> None:
    table(
        "api_keys",
        column("workspace_id", sa.Uuid()),
        column("name", sa.Text()),
        column("role", sa.Text()),
        column("secret_digest", sa.Text()),
        column("last4", sa.Text()),
        column("last_used_at", TIME, nullable=True),
        column("revoked_at", TIME, nullable=True),
        *identified(),
        check("role IN ('viewer', 'operator', 'admin')", "ck_api_keys_role"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_api_keys_workspace_id"),
        PrimaryKey("id", name="pk_api_keys"),
        Unique("secret_digest", name="uq_api_keys_secret_digest"),
    )
    index("ix_api_keys_workspace_id", "api_keys", ["workspace_id"])


def _bots() -> None:
    table(
        "bots",
        column("workspace_id", sa.Uuid()),
        column("key", sa.Text(), nullable=True),
        column("name", sa.Text()),
        column("stopped_at", TIME, nullable=True),
        column("settings", JSONB()),
        *identified(),
        *described(),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_bots_workspace_id"),
        PrimaryKey("id", name="pk_bots"),
    )
    index("ix_bots_page", "bots", ["workspace_id", "created_at", "id"])
    index("uq_bots_key", "bots", ["workspace_id", "key"], unique=True, where="deleted_at IS NULL")


def _idempotency_keys() -> None:
    table(
        "idempotency_keys",
        column("workspace_id", sa.Uuid()),
        column("key", sa.Text()),
        column("request_digest", sa.Text()),
        column("status", sa.Integer(), nullable=True),
        column("body", sa.LargeBinary(), nullable=True),
        column("content_type", sa.Text(), nullable=True),
        column("created_at", TIME),
        column("locked_until", TIME),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_idempotency_keys_workspace_id"),
        PrimaryKey("workspace_id", "key", name="pk_idempotency_keys"),
    )
    index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _channels() -> None:
    table(
        "channels",
        column("workspace_id", sa.Uuid()),
        column("bot_id", sa.Uuid()),
        column("platform", sa.Text()),
        column("name", sa.Text()),
        column("settings", JSONB(), server_default="{}"),
        column("account", JSONB(), server_default="{}"),
        column("credentials", sa.LargeBinary(), nullable=True),
        column("credentials_key_id", sa.Text(), nullable=True),
        column("credential_ends", JSONB(), server_default="{}"),
        column("poll_offset", sa.BigInteger(), nullable=True),
        *identified(),
        *described(),
        check(
            "platform IN ('telegram', 'slack', 'discord', 'whatsapp', 'messenger', 'webchat')", "ck_channels_platform"
        ),
        check("(credentials IS NULL) = (credentials_key_id IS NULL)", "ck_channels_credentials"),
        ForeignKey(["bot_id"], ["bots.id"], name="fk_channels_bot_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_channels_workspace_id"),
        PrimaryKey("id", name="pk_channels"),
    )
    index("ix_channels_bot_id", "channels", ["bot_id"])
    index("ix_channels_page", "channels", ["workspace_id", "created_at", "id"])


def _chat_aliases() -> None:
    table(
        "chat_aliases",
        column("channel_id", sa.Uuid()),
        column("chat", sa.Text()),
        column("original_chat", sa.Text()),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_chat_aliases_channel_id"),
        PrimaryKey("channel_id", "chat", name="pk_chat_aliases"),
    )


def _contacts() -> None:
    table(
        "contacts",
        column("workspace_id", sa.Uuid()),
        column("channel_id", sa.Uuid()),
        column("external_id", sa.Text()),
        column("name", sa.Text(), nullable=True),
        column("language", sa.Text(), nullable=True),
        *identified(),
        *described(),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_contacts_channel_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_contacts_workspace_id"),
        PrimaryKey("id", name="pk_contacts"),
        Unique("channel_id", "external_id", name="uq_contacts_channel_id_external_id"),
    )


def _webchat_sessions() -> None:
    table(
        "webchat_sessions",
        column("channel_id", sa.Uuid()),
        column("visitor_id", sa.Text(), nullable=True),
        column("secret_digest", sa.Text()),
        column("page", JSONB(), server_default="{}"),
        column("allowance", sa.Double()),
        column("allowance_at", TIME),
        *identified(),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_webchat_sessions_channel_id"),
        PrimaryKey("id", name="pk_webchat_sessions"),
        Unique("secret_digest", name="uq_webchat_sessions_secret_digest"),
    )
    index("ix_webchat_sessions_channel_id", "webchat_sessions", ["channel_id"])


def _conversations() -> None:
    table(
        "conversations",
        column("workspace_id", sa.Uuid()),
        column("bot_id", sa.Uuid()),
        column("channel_id", sa.Uuid()),
        column("contact_id", sa.Uuid()),
        column("platform", sa.Text()),
        column("chat", sa.Text()),
        column("thread", sa.Text(), nullable=True),
        column("voice", sa.Text(), server_default="bot"),
        column("closed_at", TIME, nullable=True),
        column("last_message_at", TIME, nullable=True),
        column("last_seq", sa.Integer(), server_default="0"),
        column("turns", sa.Integer(), server_default="0"),
        column("forgotten_seq", sa.Integer(), server_default="0"),
        column("undeliverable", sa.Text(), nullable=True),
        column("relayed_until", TIME, nullable=True),
        *identified(),
        *described(),
        check("voice IN ('bot', 'operator', 'nobody')", "ck_conversations_voice"),
        ForeignKey(["bot_id"], ["bots.id"], name="fk_conversations_bot_id"),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_conversations_channel_id"),
        ForeignKey(["contact_id"], ["contacts.id"], name="fk_conversations_contact_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_conversations_workspace_id"),
        PrimaryKey("id", name="pk_conversations"),
    )
    index("ix_conversations_bot_page", "conversations", ["bot_id", "created_at", "id"])
    index("ix_conversations_chat", "conversations", ["channel_id", "chat"])
    index("ix_conversations_contact_id", "conversations", ["contact_id"])
    index("ix_conversations_idle", "conversations", ["last_message_at"], where="closed_at IS NULL")
    index("ix_conversations_page", "conversations", ["workspace_id", "created_at", "id"])
