"""When a contact was heard last, templates that were sent, and what platforms know of a contact."""

from alembic import op

from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, column

revision = "0008"
down_revision = "0007"
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


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_column("messages", "template")
    op.drop_column("conversations", "heard_at")
