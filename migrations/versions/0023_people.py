"""A name of a chat can change hands: whose it is has a beginning, and a conversation's other names are found."""

from alembic import op
from sqlalchemy import Column, DateTime, text

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TABLE, _KEY, _INDEX = "chat_aliases", "pk_chat_aliases", "ix_chat_aliases_original"
_ALWAYS = text("'1970-01-01 00:00:00+00'")


def upgrade() -> None:
    """Bring the schema to this step."""
    op.add_column(_TABLE, Column("since", DateTime(timezone=True), nullable=False, server_default=_ALWAYS))
    op.drop_constraint(_KEY, _TABLE)
    op.create_primary_key(_KEY, _TABLE, ["channel_id", "chat", "since"])
    op.create_index(_INDEX, _TABLE, ["channel_id", "original_chat"])


def downgrade() -> None:
    """Go back to the step before: of each name its first owner is kept."""
    op.drop_index(_INDEX, _TABLE)
    later = "a.channel_id = b.channel_id AND a.chat = b.chat AND a.since > b.since"
    op.execute(f"DELETE FROM {_TABLE} a USING {_TABLE} b WHERE {later}")  # noqa: S608  # names of our own
    op.drop_constraint(_KEY, _TABLE)
    op.create_primary_key(_KEY, _TABLE, ["channel_id", "chat"])
    op.drop_column(_TABLE, "since")
