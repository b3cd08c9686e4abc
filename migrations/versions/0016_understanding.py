"""What was understood: of messages, of answers in two languages, of whole conversations."""

import sqlalchemy as sa
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy.dialects.postgresql import JSONB
from alembic import op

from migrations.columns import TIME, column, index, table

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this step."""
    _add_understandings()
    table(
        "answer_translations",
        column("conversation_id", sa.Uuid()),
        column("reply", sa.Text()),
        column("workspace_id", sa.Uuid()),
        column("text", sa.Text()),
        column("language", sa.Text()),
        column("into", sa.Text()),
        column("model", sa.Text(), nullable=True),
        column("reason", sa.Text(), nullable=True),
        column("created_at", TIME, server_default=sa.text("now()")),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_answer_translations_conversation_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_answer_translations_workspace_id"),
        PrimaryKey("conversation_id", "reply", name="pk_answer_translations"),
    )
    table(
        "digests",
        column("conversation_id", sa.Uuid()),
        column("workspace_id", sa.Uuid()),
        column("covered_seq", sa.BigInteger()),
        column("text", sa.Text()),
        column("open_questions", JSONB(), server_default="[]"),
        column("model", sa.Text()),
        column("created_at", TIME, server_default=sa.text("now()")),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_digests_conversation_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_digests_workspace_id"),
        PrimaryKey("conversation_id", name="pk_digests"),
    )


def downgrade() -> None:
    """Go back to the step before."""
    for name in ("digests", "answer_translations", "understandings"):
        op.drop_table(name)


def _add_understandings() -> None:
    table(
        "understandings",
        column("message_id", sa.Uuid()),
        column("workspace_id", sa.Uuid()),
        column("conversation_id", sa.Uuid()),
        column("seq", sa.BigInteger()),
        column("language", sa.Text(), nullable=True),
        column("spoken", sa.Text(), nullable=True),
        column("sentiment", sa.Text(), nullable=True),
        column("intent", sa.Text(), nullable=True),
        column("confidence", sa.Double(), nullable=True),
        column("entities", JSONB(), server_default="[]"),
        column("into", sa.Text(), nullable=True),
        column("translation", sa.Text(), nullable=True),
        column("model", sa.Text(), nullable=True),
        column("reason", sa.Text(), nullable=True),
        column("created_at", TIME, server_default=sa.text("now()")),
        ForeignKey(["message_id"], ["messages.id"], name="fk_understandings_message_id", ondelete="CASCADE"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_understandings_workspace_id"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_understandings_conversation_id"),
        PrimaryKey("message_id", name="pk_understandings"),
    )
    index("ix_understandings_conversation", "understandings", ["conversation_id", "seq"])
    index("ix_understandings_time", "understandings", ["workspace_id", "created_at"])
