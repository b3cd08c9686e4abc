"""The models of a workspace, and what their keys may still be used for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, check, column, described, identified, index, table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    table(
        "models",
        *identified(),
        *described(),
        column("workspace_id", sa.Uuid()),
        column("name", sa.Text()),
        column("is_default", sa.Boolean(), server_default="false"),
        column("settings", JSONB()),
        column("credentials", sa.LargeBinary(), nullable=True),
        column("credentials_key_id", sa.Text(), nullable=True),
        column("credential_ends", JSONB(), server_default="{}"),
        check("(credentials IS NULL) = (credentials_key_id IS NULL)", "ck_models_credentials"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_models_workspace_id"),
        PrimaryKey("id", name="pk_models"),
    )
    index("uq_models_name", "models", ["workspace_id", "name"], unique=True, where="deleted_at IS NULL")
    index("uq_models_default", "models", ["workspace_id"], unique=True, where="is_default AND deleted_at IS NULL")
    index("ix_models_page", "models", ["workspace_id", "created_at", "id"])
    table(
        "model_allowances",
        column("model_id", sa.Uuid()),
        column("key", sa.Text()),
        column("requests", sa.Float()),
        column("tokens", sa.Float()),
        column("counted_at", TIME),
        ForeignKey(["model_id"], ["models.id"], name="fk_model_allowances_model_id"),
        PrimaryKey("model_id", "key", name="pk_model_allowances"),
    )


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("model_allowances")
    op.drop_table("models")
