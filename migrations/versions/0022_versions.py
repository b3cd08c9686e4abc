"""A message keeps the edition of its newest edit: an older one that comes later does not undo it."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    op.add_column("messages", sa.Column("edition", sa.BigInteger()))


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_column("messages", "edition")
