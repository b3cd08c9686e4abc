"""The tables of what happened."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from migrations.columns import TIME, check, column, described, identified, index, table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    _notices()
    _turns()
    _completions()
    _events()
    _messages()
    _usage()
    _deliveries()
    _verdicts()


def downgrade() -> None:
    """Go back to the step before."""
    for name in ("verdicts", "deliveries", "usage", "messages", "events", "completions", "turns", "notices"):
        op.drop_table(name)


def _notices() -> None:
    table(
        "notices",
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid(), nullable=True),
        column("kind", sa.Text()),
        column("details", JSONB(), server_default="{}"),
        *identified(),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_notices_conversation_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_notices_workspace_id"),
        PrimaryKey("id", name="pk_notices"),
    )
    index("ix_notices_page", "notices", ["workspace_id", "created_at", "id"])


def _turns() -> None:
    table(
        "turns",
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("number", sa.Integer()),
        column("generation", sa.Integer(), server_default="1"),
        column("fixed_reply", sa.Text(), nullable=True),
        column("outcome", sa.Text(), nullable=True),
        column("reason", sa.Text(), nullable=True),
        column("opened_at", TIME),
        column("ended_at", TIME, nullable=True),
        column("details", JSONB(), server_default="{}"),
        *identified(),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_turns_conversation_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_turns_workspace_id"),
        PrimaryKey("id", name="pk_turns"),
        Unique("conversation_id", "number", name="uq_turns_conversation_id_number"),
    )
    index("ix_turns_time", "turns", ["workspace_id", "opened_at"])
    index("uq_turns_open", "turns", ["conversation_id"], unique=True, where="ended_at IS NULL")


def _completions() -> None:
    table(
        "completions",
        column("turn_id", sa.Uuid()),
        column("generation", sa.Integer()),
        column("lease", sa.Integer(), server_default="1"),
        column("lease_until", TIME, nullable=True),
        column("calls", sa.Integer(), server_default="0"),
        column("text", sa.Text(), nullable=True),
        column("refused", sa.Boolean(), server_default=sa.text("false")),
        column("stored_at", TIME, nullable=True),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_completions_turn_id"),
        PrimaryKey("turn_id", "generation", name="pk_completions"),
    )


def _events() -> None:
    table(
        "events",
        column("workspace_id", sa.Uuid()),
        column("channel_id", sa.Uuid()),
        column("conversation_id", sa.Uuid(), nullable=True),
        column("key", sa.Text()),
        column("kind", sa.Text()),
        column("ours", sa.Boolean(), server_default=sa.text("false")),
        column("state", sa.Text()),
        column("reason", sa.Text(), nullable=True),
        column("seq", sa.BigInteger(), server_default="0"),
        column("turn_id", sa.Uuid(), nullable=True),
        column("payload", JSONB()),
        column("correlation_id", sa.Text(), nullable=True),
        column("handovers", sa.Integer(), server_default="0"),
        column("received_at", TIME),
        column("queued_at", TIME, nullable=True),
        column("ended_at", TIME, nullable=True),
        *identified(),
        check("(ended_at IS NULL) = (state IN ('received', 'queued', 'held'))", "ck_events_ended_at"),
        check(
            "kind IN ('message', 'edit', 'delete', 'button', 'reaction', 'receipt', 'membership', 'other', 'control', 'say')",
            "ck_events_kind",
        ),
        check(
            "state IN ('received', 'queued', 'held', 'answered', 'refused', 'superseded', 'rejected', 'ignored', 'failed')",
            "ck_events_state",
        ),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_events_channel_id"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_events_conversation_id"),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_events_turn_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_events_workspace_id"),
        PrimaryKey("id", name="pk_events"),
        Unique("channel_id", "key", name="uq_events_channel_id_key"),
    )
    index("ix_events_channel_page", "events", ["channel_id", "received_at", "id"])
    index("ix_events_conversation_page", "events", ["conversation_id", "received_at", "id"])
    index("ix_events_open", "events", ["conversation_id", "seq"], where="state IN ('received', 'queued', 'held')")
    index("ix_events_early", "events", ["channel_id", "received_at"], where="reason IN ('unknown_message', 'unknown_chat')")
    index("ix_events_page", "events", ["workspace_id", "received_at", "id"])
    index("ix_events_received", "events", ["received_at"], where="state = 'received'")
    index("ix_events_state_page", "events", ["workspace_id", "state", "received_at", "id"])
    index("ix_events_turn_id", "events", ["turn_id"])


def _messages() -> None:
    table(
        "messages",
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("seq", sa.BigInteger()),
        column("changed_seq", sa.BigInteger(), nullable=True),
        column("direction", sa.Text()),
        column("author", sa.Text()),
        column("text", sa.Text()),
        column("attachments", JSONB(), server_default="[]"),
        column("platform_message_id", sa.Text(), nullable=True),
        column("client_message_id", sa.Text(), nullable=True),
        column("reply_to", sa.Text(), nullable=True),
        column("reply", sa.Text(), nullable=True),
        column("turn_id", sa.Uuid(), nullable=True),
        column("sent_at", TIME, nullable=True),
        column("edited_at", TIME, nullable=True),
        *identified(),
        *described(),
        check("author IN ('contact', 'bot', 'operator', 'system')", "ck_messages_author"),
        check("direction IN ('inbound', 'outbound')", "ck_messages_direction"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_messages_conversation_id"),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_messages_turn_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_messages_workspace_id"),
        PrimaryKey("id", name="pk_messages"),
        Unique("conversation_id", "reply", name="uq_messages_conversation_id_reply"),
        Unique("conversation_id", "seq", name="uq_messages_conversation_id_seq"),
    )
    index("ix_messages_changed", "messages", ["conversation_id", "changed_seq"], where="changed_seq IS NOT NULL")
    index("ix_messages_platform_id", "messages", ["conversation_id", "platform_message_id"])
    index("ix_messages_time", "messages", ["workspace_id", "created_at"])
    index("ix_messages_turn", "messages", ["turn_id"])


def _usage() -> None:
    table(
        "usage",
        column("workspace_id", sa.Uuid()),
        column("bot_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("turn_id", sa.Uuid()),
        column("generation", sa.Integer()),
        column("model", sa.Text()),
        column("input_tokens", sa.Integer()),
        column("output_tokens", sa.Integer()),
        column("cost", sa.Double(), nullable=True),
        column("duration_ms", sa.Integer()),
        *identified(),
        ForeignKey(["bot_id"], ["bots.id"], name="fk_usage_bot_id"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_usage_conversation_id"),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_usage_turn_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_usage_workspace_id"),
        PrimaryKey("id", name="pk_usage"),
    )
    index("ix_usage_time", "usage", ["workspace_id", "created_at"])
    index("ix_usage_turn", "usage", ["turn_id"])


def _deliveries() -> None:
    table(
        "deliveries",
        column("workspace_id", sa.Uuid()),
        column("channel_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("message_id", sa.Uuid()),
        column("turn_id", sa.Uuid(), nullable=True),
        column("reply", sa.Text()),
        column("part", sa.Integer()),
        column("payload", JSONB()),
        column("state", sa.Text()),
        column("attempts", sa.Integer(), server_default="0"),
        column("doubts", sa.Integer(), server_default="0"),
        column("lease_until", TIME, nullable=True),
        column("retry_at", TIME, nullable=True),
        column("platform_message_id", sa.Text(), nullable=True),
        column("error", sa.Text(), nullable=True),
        column("reason", sa.Text(), nullable=True),
        column("sent_at", TIME, nullable=True),
        *identified(),
        check("state IN ('planned', 'sending', 'sent', 'uncertain', 'failed', 'dropped')", "ck_deliveries_state"),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_deliveries_channel_id"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_deliveries_conversation_id"),
        ForeignKey(["message_id"], ["messages.id"], name="fk_deliveries_message_id"),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_deliveries_turn_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_deliveries_workspace_id"),
        PrimaryKey("id", name="pk_deliveries"),
        Unique("conversation_id", "reply", "part", name="uq_deliveries_conversation_id_reply_part"),
    )
    index("ix_deliveries_channel_page", "deliveries", ["channel_id", "created_at", "id"])
    index("ix_deliveries_message_id", "deliveries", ["message_id"])
    index("ix_deliveries_page", "deliveries", ["workspace_id", "created_at", "id"])
    index("ix_deliveries_state_page", "deliveries", ["workspace_id", "state", "created_at", "id"])
    index("ix_deliveries_turn_id", "deliveries", ["turn_id"])
    index("ix_deliveries_unrest", "deliveries", ["conversation_id"], where="state IN ('planned', 'sending')")


def _verdicts() -> None:
    table(
        "verdicts",
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("message_id", sa.Uuid(), nullable=True),
        column("turn_id", sa.Uuid()),
        column("generation", sa.Integer()),
        column("direction", sa.Text()),
        column("provider", sa.Text()),
        column("action", sa.Text()),
        column("categories", ARRAY(sa.Text())),
        *identified(),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_verdicts_conversation_id"),
        ForeignKey(["message_id"], ["messages.id"], name="fk_verdicts_message_id"),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_verdicts_turn_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_verdicts_workspace_id"),
        PrimaryKey("id", name="pk_verdicts"),
        Unique(
            "turn_id",
            "generation",
            "direction",
            "provider",
            "message_id",
            name="uq_verdicts_turn_id_generation_direction_provider_message_id",
        ),
    )
    index("ix_verdicts_message_id", "verdicts", ["message_id"])
