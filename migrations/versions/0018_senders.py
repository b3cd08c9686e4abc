"""Who wrote a message, which in a group is not the contact."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    op.add_column("messages", sa.Column("sender", JSONB(), nullable=True))


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_column("messages", "sender")
