"""Calls of tools and their approvals, the documents that bots search, and bots' secrets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from migrations.columns import TIME, check, column, identified, index, table

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    op.add_column("bots", column("credentials", sa.LargeBinary(), nullable=True))
    op.add_column("bots", column("credentials_key_id", sa.Text(), nullable=True))
    op.add_column("bots", column("credential_ends", JSONB(), server_default="{}"))
    op.create_check_constraint(
        op.f("ck_bots_credentials"), "bots", "(credentials IS NULL) = (credentials_key_id IS NULL)"
    )
    _calls()
    _knowledge()


def _calls() -> None:
    table(
        "tool_steps",
        column("turn_id", sa.Uuid()),
        column("generation", sa.Integer()),
        column("step", sa.Integer()),
        column("text", sa.Text(), nullable=True),
        column("stored_at", TIME),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_tool_steps_turn_id"),
        PrimaryKey("turn_id", "generation", "step", name="pk_tool_steps"),
    )
    table(
        "tool_calls",
        *identified(),
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("turn_id", sa.Uuid()),
        column("generation", sa.Integer()),
        column("step", sa.Integer()),
        column("position", sa.Integer()),
        column("seq", sa.BigInteger()),
        column("name", sa.Text()),
        column("arguments", sa.Text(), nullable=True),
        column("effects", sa.Boolean(), server_default="false"),
        column("state", sa.Text()),
        column("outcome", sa.Text(), nullable=True),
        column("result", sa.Text(), nullable=True),
        column("attempts", sa.Integer(), server_default="0"),
        column("lease_until", TIME, nullable=True),
        column("started_at", TIME, nullable=True),
        column("ended_at", TIME, nullable=True),
        check("state IN ('planned', 'started', 'ended')", "ck_tool_calls_state"),
        check("outcome IN ('done', 'failed', 'unknown', 'refused', 'denied')", "ck_tool_calls_outcome"),
        check("NOT effects OR attempts <= 1", "ck_tool_calls_begun_once"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_tool_calls_workspace_id"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_tool_calls_conversation_id"),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_tool_calls_turn_id"),
        PrimaryKey("id", name="pk_tool_calls"),
        Unique("turn_id", "generation", "step", "position", name="uq_tool_calls_turn_id_generation_step_position"),
    )
    index("ix_tool_calls_effects", "tool_calls", ["conversation_id", "started_at"], where="effects")
    index("ix_tool_calls_kept", "tool_calls", ["turn_id"], where="arguments IS NOT NULL")
    table(
        "approvals",
        *identified(),
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("call_id", sa.Uuid()),
        column("state", sa.Text()),
        column("expires_at", TIME),
        column("decided_at", TIME, nullable=True),
        column("decided_by", sa.Text(), nullable=True),
        check("state IN ('pending', 'approved', 'denied', 'expired', 'withdrawn')", "ck_approvals_state"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_approvals_workspace_id"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_approvals_conversation_id"),
        ForeignKey(["call_id"], ["tool_calls.id"], name="fk_approvals_call_id"),
        PrimaryKey("id", name="pk_approvals"),
        Unique("call_id", name="uq_approvals_call_id"),
    )
    index("ix_approvals_page", "approvals", ["workspace_id", "created_at", "id"])
    index("ix_approvals_conversation_id", "approvals", ["conversation_id"])


def _knowledge() -> None:
    table(
        "documents",
        *identified(),
        column("workspace_id", sa.Uuid()),
        column("bot_id", sa.Uuid()),
        column("title", sa.Text()),
        column("type", sa.Text()),
        column("dictionary", sa.Text()),
        column("characters", sa.Integer()),
        column("passages", sa.Integer()),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_documents_workspace_id"),
        ForeignKey(["bot_id"], ["bots.id"], name="fk_documents_bot_id"),
        PrimaryKey("id", name="pk_documents"),
    )
    index("ix_documents_page", "documents", ["bot_id", "created_at", "id"])
    table(
        "passages",
        column("document_id", sa.Uuid()),
        column("position", sa.Integer()),
        column("bot_id", sa.Uuid()),
        column("dictionary", sa.Text()),
        column("heading", sa.Text()),
        column("text", sa.Text()),
        column("words", TSVECTOR()),
        ForeignKey(["document_id"], ["documents.id"], name="fk_passages_document_id", ondelete="CASCADE"),
        PrimaryKey("document_id", "position", name="pk_passages"),
    )
    index("ix_passages_bot", "passages", ["bot_id", "dictionary"])
    op.create_index("ix_passages_words", "passages", ["words"], postgresql_using="gin")


def downgrade() -> None:
    """Go back to the step before."""
    for name in ("passages", "documents", "approvals", "tool_calls", "tool_steps"):
        op.drop_table(name)
    op.drop_constraint(op.f("ck_bots_credentials"), "bots")
    for name in ("credential_ends", "credentials_key_id", "credentials"):
        op.drop_column("bots", name)
