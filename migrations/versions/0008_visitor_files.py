"""Files that visitors of a webchat bring: whose they are, until they are sent with a message."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import column, index

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    op.add_column("media", column("session_id", sa.Uuid(), nullable=True))
    index("ix_media_unsent", "media", ["session_id"], where="session_id IS NOT NULL AND message_id IS NULL")


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_index("ix_media_unsent", "media")
    op.drop_column("media", "session_id")
