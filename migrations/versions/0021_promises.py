"""Promised answers: what a platform shows while one is awaited, until it stands there or nothing shows any more."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, column, index, table

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    table(
        "promised_answers",
        column("event_id", sa.Uuid()),
        column("channel_id", sa.Uuid()),
        column("answer_by", JSONB()),
        column("attempts", sa.Integer(), server_default="0"),
        column("begun_at", TIME),
        column("due_at", TIME),
        ForeignKey(["event_id"], ["events.id"], name="fk_promised_answers_event_id", ondelete="CASCADE"),
        ForeignKey(["channel_id"], ["channels.id"], name="fk_promised_answers_channel_id"),
        PrimaryKey("event_id", name="pk_promised_answers"),
    )
    index("ix_promised_answers_due_at", "promised_answers", ["due_at"])


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("promised_answers")
