"""Budgets of contacts, conversations and workspaces; answers that may be given again; verdicts in pages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, column, index, table

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    op.add_column("workspaces", column("settings", JSONB(), server_default="{}"))
    op.add_column("usage", column("purpose", sa.Text(), server_default="answer"))
    op.add_column("usage", column("cache", sa.Text(), nullable=True))
    op.add_column("usage", column("saved_tokens", sa.Integer(), server_default="0"))
    op.add_column("usage", column("saved_cost", sa.Double(), nullable=True))
    index("ix_usage_conversation", "usage", ["conversation_id", "created_at"])
    index("ix_verdicts_page", "verdicts", ["workspace_id", "created_at", "id"])
    # Made anew: what is spent of a day is counted from the bill when it is first asked for, and nothing else is held
    # for longer than seconds.
    op.drop_table("reservations")
    op.drop_table("budgets")
    table(
        "budgets",
        column("day", sa.Date()),
        column("owner", sa.Text()),
        column("owner_id", sa.Uuid()),
        column("tokens", sa.BigInteger()),
        column("cost", sa.Double()),
        column("exhausted_at", TIME, nullable=True),
        PrimaryKey("day", "owner", "owner_id", name="pk_budgets"),
    )
    table(
        "reservations",
        column("turn_id", sa.Uuid()),
        column("generation", sa.Integer()),
        column("lease", sa.Integer()),
        column("purpose", sa.Text()),
        column("workspace_id", sa.Uuid()),
        column("bot_id", sa.Uuid()),
        column("contact_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("day", sa.Date()),
        column("tokens", sa.BigInteger()),
        column("cost", sa.Double(), nullable=True),
        column("expires_at", TIME),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_reservations_turn_id"),
        PrimaryKey("turn_id", "generation", "lease", "purpose", name="pk_reservations"),
    )
    index("ix_reservations_workspace", "reservations", ["workspace_id", "day"])
    table(
        "cached_answers",
        column("bot_id", sa.Uuid()),
        column("key", sa.Text()),
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("question", sa.Text()),
        column("model", sa.Text()),
        column("answered_by", sa.Text()),
        column("text", sa.Text()),
        column("input_tokens", sa.Integer()),
        column("output_tokens", sa.Integer()),
        column("cached_tokens", sa.Integer()),
        column("cost", sa.Double(), nullable=True),
        column("stored_at", TIME),
        column("expires_at", TIME),
        ForeignKey(["bot_id"], ["bots.id"], name="fk_cached_answers_bot_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_cached_answers_workspace_id"),
        ForeignKey(
            ["conversation_id"], ["conversations.id"], name="fk_cached_answers_conversation_id", ondelete="CASCADE"
        ),
        PrimaryKey("bot_id", "key", name="pk_cached_answers"),
    )
    index("ix_cached_answers_conversation_id", "cached_answers", ["conversation_id"])
    index("ix_cached_answers_expires_at", "cached_answers", ["expires_at"])


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_index("ix_verdicts_page", table_name="verdicts")
    op.drop_table("cached_answers")
    op.drop_table("reservations")
    op.drop_table("budgets")
    table(
        "budgets",
        column("bot_id", sa.Uuid()),
        column("day", sa.Date()),
        column("tokens", sa.BigInteger()),
        column("cost", sa.Double()),
        column("exhausted_at", TIME, nullable=True),
        ForeignKey(["bot_id"], ["bots.id"], name="fk_budgets_bot_id"),
        PrimaryKey("bot_id", "day", name="pk_budgets"),
    )
    table(
        "reservations",
        column("turn_id", sa.Uuid()),
        column("generation", sa.Integer()),
        column("lease", sa.Integer()),
        column("bot_id", sa.Uuid()),
        column("day", sa.Date()),
        column("tokens", sa.BigInteger()),
        column("cost", sa.Double(), nullable=True),
        column("expires_at", TIME),
        ForeignKey(["bot_id"], ["bots.id"], name="fk_reservations_bot_id"),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_reservations_turn_id"),
        PrimaryKey("turn_id", "generation", "lease", name="pk_reservations"),
    )
    index("ix_reservations_bot", "reservations", ["bot_id", "day"])
    op.drop_index("ix_usage_conversation", table_name="usage")
    for name in ("saved_cost", "saved_tokens", "cache", "purpose"):
        op.drop_column("usage", name)
    op.drop_column("workspaces", "settings")
