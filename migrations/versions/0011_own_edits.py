"""Edits and deletes of what was said: what is wanted, and how far it is done."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, check, column, identified, index, table

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    table(
        "message_changes",
        *identified(),
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("message_id", sa.Uuid()),
        column("kind", sa.Text()),
        column("text", sa.Text(), nullable=True),
        column("steps", JSONB(), nullable=True),
        column("done", sa.Integer(), server_default="0"),
        column("attempts", sa.Integer(), server_default="0"),
        column("lease_until", TIME, nullable=True),
        column("retry_at", TIME, nullable=True),
        column("error", sa.Text(), nullable=True),
        check("kind IN ('edit', 'delete')", "ck_message_changes_kind"),
        ForeignKey(["id"], ["events.id"], name="fk_message_changes_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_message_changes_workspace_id"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_message_changes_conversation_id"),
        ForeignKey(["message_id"], ["messages.id"], name="fk_message_changes_message_id"),
        PrimaryKey("id", name="pk_message_changes"),
    )
    index("ix_message_changes_message_id", "message_changes", ["message_id"])
    index("ix_message_changes_conversation_id", "message_changes", ["conversation_id"])
    op.add_column("deliveries", column("deleted_at", TIME, nullable=True))


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_column("deliveries", "deleted_at")
    op.drop_table("message_changes")
