"""How far a channel's connection to a gateway has been heard."""

import sqlalchemy as sa
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from alembic import op

from migrations.columns import column, table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    table(
        "gateway_positions",
        column("channel_id", sa.Uuid()),
        column("session_id", sa.Text(), nullable=True),
        column("resume_url", sa.Text(), nullable=True),
        column("sequence", sa.BigInteger()),
        column("heard_id", sa.BigInteger()),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_gateway_positions_channel_id"),
        PrimaryKey("channel_id", name="pk_gateway_positions"),
    )


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("gateway_positions")
