"""Files that were sent or are to be sent, and the buttons of what was said."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, check, column, identified, index, table

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    table(
        "media",
        *identified(),
        column("workspace_id", sa.Uuid()),
        column("message_id", sa.Uuid(), nullable=True),
        column("position", sa.Integer(), nullable=True),
        column("state", sa.Text()),
        column("reason", sa.Text(), nullable=True),
        column("type", sa.Text(), nullable=True),
        column("name", sa.Text(), nullable=True),
        column("size_bytes", sa.BigInteger(), nullable=True),
        column("sha256", sa.Text(), nullable=True),
        column("attempts", sa.Integer(), server_default="0"),
        column("due_at", TIME, nullable=True),
        check("state IN ('wanted', 'stored', 'failed')", "ck_media_state"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_media_workspace_id"),
        ForeignKey(["message_id"], ["messages.id"], name="fk_media_message_id"),
        PrimaryKey("id", name="pk_media"),
        Unique("message_id", "position", name="uq_media_message_id_position"),
    )
    index("ix_media_due", "media", ["due_at"], where="state = 'wanted'")
    op.add_column("messages", column("buttons", JSONB(), server_default="[]"))
    op.add_column("messages", column("is_numbered", sa.Boolean(), server_default=sa.text("false")))


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_column("messages", "is_numbered")
    op.drop_column("messages", "buttons")
    op.drop_table("media")
