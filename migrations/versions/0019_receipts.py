"""When the contact had what was sent, and read it; a part is found by its name, and those unread by their time."""

from alembic import op

from migrations.columns import TIME, column, index

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TABLE, _TIMES = "deliveries", ("delivered_at", "read_at")
_NAMED, _UNREAD = "ix_deliveries_platform_id", "ix_deliveries_unread"


def upgrade() -> None:
    """Bring the schema to this step."""
    for name in _TIMES:
        op.add_column(_TABLE, column(name, TIME, nullable=True))
    index(_NAMED, _TABLE, ["conversation_id", "platform_message_id"], where="platform_message_id IS NOT NULL")
    index(_UNREAD, _TABLE, ["conversation_id", "sent_at"], where="state = 'sent' AND read_at IS NULL")


def downgrade() -> None:
    """Go back to the step before."""
    for name in (_UNREAD, _NAMED):
        op.drop_index(name, _TABLE)
    for name in _TIMES:
        op.drop_column(_TABLE, name)
