"""Answers that grow: the message that holds the first words, and the part that it becomes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, check, column, identified, index, table

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    table(
        "growing_messages",
        *identified(),
        column("workspace_id", sa.Uuid()),
        column("channel_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("turn_id", sa.Uuid()),
        column("generation", sa.Integer()),
        column("payload", JSONB()),
        column("state", sa.Text()),
        column("platform_message_id", sa.Text(), nullable=True),
        column("attempts", sa.Integer(), server_default="1"),
        column("lease_until", TIME, nullable=True),
        column("retry_at", TIME, nullable=True),
        column("silent", sa.Boolean(), server_default="false"),
        check("state IN ('sending', 'standing', 'nothing', 'lost')", "ck_growing_messages_state"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_growing_messages_workspace_id"),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_growing_messages_channel_id"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_growing_messages_conversation_id"),
        ForeignKey(["turn_id"], ["turns.id"], name="fk_growing_messages_turn_id"),
        PrimaryKey("id", name="pk_growing_messages"),
        Unique("turn_id", "generation", name="uq_growing_messages_turn_id_generation"),
    )
    index("ix_growing_messages_conversation_id", "growing_messages", ["conversation_id"])
    op.add_column("deliveries", column("grown_from", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_column("deliveries", "grown_from")
    op.drop_table("growing_messages")
