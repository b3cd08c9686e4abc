"""What keeps a channel from speaking, since when, and when it is tried again."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import TIME, column

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TABLE = "channels"
_TEXTS, _TIMES, _PROBES = ("problem", "problem_text"), ("problem_since", "problem_probe_at"), "problem_probes"


def upgrade() -> None:
    """Bring the schema to this step."""
    for name in _TEXTS:
        op.add_column(_TABLE, column(name, sa.Text(), nullable=True))
    for name in _TIMES:
        op.add_column(_TABLE, column(name, TIME, nullable=True))
    op.add_column(_TABLE, column(_PROBES, sa.Integer(), server_default="0"))


def downgrade() -> None:
    """Go back to the step before."""
    for name in (*_TEXTS, *_TIMES, _PROBES):
        op.drop_column(_TABLE, name)
