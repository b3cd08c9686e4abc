"""A contact's id says whose it is: a second unique index made new contacts collide that were heard at the same time."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE, _COLUMNS = "contacts", ["channel_id", "external_id"]
_UNIQUE, _INDEX = "uq_contacts_channel_id_external_id", "ix_contacts_external"


def upgrade() -> None:
    """Bring the schema to this step."""
    op.create_index(_INDEX, _TABLE, _COLUMNS)
    op.drop_constraint(_UNIQUE, _TABLE)


def downgrade() -> None:
    """Go back to the step before."""
    op.create_unique_constraint(_UNIQUE, _TABLE, _COLUMNS)
    op.drop_index(_INDEX, _TABLE)
