"""What a bot may spend on a day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey

from migrations.columns import TIME, column, index, table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    op.add_column("usage", column("cached_tokens", sa.Integer(), server_default="0"))
    index("ix_usage_bot", "usage", ["bot_id", "created_at"])
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


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("reservations")
    op.drop_table("budgets")
    op.drop_index("ix_usage_bot", table_name="usage")
    op.drop_column("usage", "cached_tokens")
