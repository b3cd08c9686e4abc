"""How fast each bot speaks, in all and in each chat."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey

from migrations.columns import TIME, column, table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    table(
        "paces",
        column("channel_id", sa.Uuid()),
        column("chat", sa.Text()),
        column("due_at", TIME),
        column("queued_until", TIME),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_paces_channel_id"),
        PrimaryKey("channel_id", "chat", name="pk_paces"),
    )
    # Updated with every part that is sent: room on the page keeps the change there, and no index is touched.
    op.execute("ALTER TABLE paces SET (fillfactor = 50)")


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("paces")
