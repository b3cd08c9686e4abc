"""How far each shard of a channel has been heard."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import column

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLE = "gateway_positions"
_KEY = "pk_gateway_positions"


def upgrade() -> None:
    """Bring the schema to this step."""
    # What there is was heard by one connection, the only one of its bot.
    op.add_column(_TABLE, column("shards", sa.Integer(), server_default="1"))
    op.add_column(_TABLE, column("shard", sa.Integer(), server_default="0"))
    for name in ("shards", "shard"):
        op.alter_column(_TABLE, name, server_default=None)
    op.drop_constraint(_KEY, _TABLE)
    op.create_primary_key(_KEY, _TABLE, ["channel_id", "shards", "shard"])


def downgrade() -> None:
    """Go back to the step before: one connection begins anew, behind what each of several heard."""
    op.execute(
        f"""INSERT INTO {_TABLE} (channel_id, shards, shard, sequence, heard_id)
            SELECT channel_id, 1, 0, 0, min(heard_id) FROM {_TABLE}
            GROUP BY channel_id HAVING count(*) FILTER (WHERE shards = 1) = 0"""
    )
    op.execute(f"DELETE FROM {_TABLE} WHERE shards <> 1")
    op.drop_constraint(_KEY, _TABLE)
    for name in ("shards", "shard"):
        op.drop_column(_TABLE, name)
    op.create_primary_key(_KEY, _TABLE, ["channel_id"])
