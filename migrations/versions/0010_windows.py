"""When a contact was heard last, templates that were sent, and what platforms know of a contact."""

import sqlalchemy as sa
from alembic import op

from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, column, index

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    op.add_column("conversations", column("heard_at", TIME, nullable=True))
    op.execute(
        "UPDATE conversations SET heard_at = heard.at FROM ("
        " SELECT conversation_id, max(coalesce(sent_at, created_at)) AS at FROM messages"
        " WHERE direction = 'inbound' GROUP BY conversation_id"
        ") AS heard WHERE heard.conversation_id = conversations.id"
    )
    op.add_column("messages", column("template", JSONB(), nullable=True))
    op.add_column("contacts", column("picture_url", sa.Text(), nullable=True))
    op.add_column("contacts", column("profiled_at", TIME, nullable=True))
    op.add_column("contacts", column("profile_due_at", TIME, nullable=True))
    op.add_column("contacts", column("profile_attempts", sa.Integer(), server_default="0"))
    index("ix_contacts_profile_due", "contacts", ["profile_due_at"], where="profile_due_at IS NOT NULL")


def downgrade() -> None:
    """Go back to the step before."""
    for name in ("profile_attempts", "profile_due_at", "profiled_at", "picture_url"):
        op.drop_column("contacts", name)
    op.drop_column("messages", "template")
    op.drop_column("conversations", "heard_at")
